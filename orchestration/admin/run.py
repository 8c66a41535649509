"""Runs in the admin: a list to find them, and the monitor to look at one."""

from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import date as formatted
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from orchestration.choices import MessageState, RunKind
from orchestration.models import Message, Run
from orchestration.words import RUN_COLOURS, duration


@admin.register(Run)
class RunAdmin(ModelAdmin):
    """Nothing is typed in here: runs are launched from their campaign and controlled on their monitor."""

    list_display = ["campaign", "kind_shown", "status_shown", "started", "took", "messages_shown", "started_by"]
    list_filter = ["status", "kind", "started_at"]
    list_filter_submit = False
    search_fields = ["version__campaign__name"]
    list_select_related = ["version__campaign", "started_by"]
    list_per_page = 50
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> list[str]:
        if request.user.has_perm("orchestration.view_message"):
            return self.list_display
        return ["messages_counted" if name == "messages_shown" else name for name in self.list_display]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        messages = Message.objects.filter(run=OuterRef("pk"), planned=True).order_by().values("run")
        counts = {
            "planned_count": Subquery(messages.annotate(n=Count("pk")).values("n")),
            "sent_count": Subquery(messages.filter(state=MessageState.SENT).annotate(n=Count("pk")).values("n")),
        }
        return super().get_queryset(request).defer("plan").annotate(**counts)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("run-monitor", run_id=int(object_id)) if object_id.isdigit() else redirect("admin:orchestration_run_changelist")

    @display(description=_("campaign"), ordering="version__campaign__name")
    def campaign(self, run: Run) -> str:
        return f"{run.version} #{run.pk}"

    @display(description=_("kind"), ordering="kind", label={RunKind.TEST: "info", RunKind.LIVE: "primary"})
    def kind_shown(self, run: Run) -> tuple[str, str]:
        return run.kind, run.get_kind_display()

    @display(description=_("status"), ordering="status", label=RUN_COLOURS)
    def status_shown(self, run: Run) -> tuple[str, str]:
        return run.status, run.get_status_display()

    @display(description=_("started"), ordering="started_at")
    def started(self, run: Run) -> str:
        if run.started_at:
            return formatted(timezone.localtime(run.started_at), "DATETIME_FORMAT")
        return _("planned for %(when)s") % {"when": formatted(timezone.localtime(run.scheduled_at), "DATETIME_FORMAT")}

    @display(description=_("took"))
    def took(self, run: Run) -> str:
        return duration(run.started_at, run.finished_at)

    @display(description=_("messages"))
    def messages_shown(self, run: Run) -> Any:
        if not run.planned_count:  # type: ignore[attr-defined]
            return "–"
        address = f"{reverse('admin:orchestration_message_changelist')}?run__id__exact={run.pk}"
        return format_html('<a href="{}">{}</a>', address, self.messages_counted(run))

    @display(description=_("messages"))
    def messages_counted(self, run: Run) -> str:
        """For those who may not see the messages themselves."""
        if not run.planned_count:  # type: ignore[attr-defined]
            return "–"
        return f"{intcomma(run.sent_count or 0)} / {intcomma(run.planned_count)}"  # type: ignore[attr-defined]
