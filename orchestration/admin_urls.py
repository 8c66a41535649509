"""Addresses inside the admin: runs, approvals, the inbox and help."""

from django.contrib import admin
from django.urls import URLPattern, path

from orchestration.views import approval, help, inbox, run

inside = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("runs/<int:run_id>/", inside(run.run_monitor), name="run-monitor"),
    path("runs/<int:run_id>/part/", inside(run.run_monitor_part), name="run-monitor-part"),
    path("runs/<int:run_id>/state/", inside(run.run_state), name="run-state"),
    path("runs/rows/", inside(run.run_rows), name="run-rows"),
    path("runs/<int:run_id>/control/", inside(run.run_control), name="run-control"),
    path("versions/<int:version_id>/run/", inside(run.version_run), name="version-run"),
    path("versions/<int:version_id>/test/", inside(run.run_test), name="run-test"),
    path("approvals/", inside(approval.approvals), name="approvals"),
    path("approvals/<int:version_id>/", inside(approval.approval), name="approval"),
    path("approvals/<int:version_id>/decide/", inside(approval.decide), name="approval-decide"),
    path("versions/<int:version_id>/launch/", inside(approval.launch_page), name="launch"),
    path("inbox/", inside(inbox.mails), name="inbox"),
    path("inbox/<int:mail_id>/html/", inside(inbox.mail_html), name="inbox-html"),
    path("messages/<int:message_id>/preview/", inside(inbox.message_preview), name="message-preview"),
    path("messages/<int:message_id>/preview/html/", inside(inbox.message_html), name="message-html"),
    path("help/", inside(help.index), name="help"),
    path("help/<slug:name>/", inside(help.guide), name="help-guide"),
]
