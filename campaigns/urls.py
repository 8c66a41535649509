"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, path

from campaigns.views import campaign, canvas, twin

inside = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("campaigns/new/", inside(campaign.add), name="campaign-add"),
    path("campaigns/<int:campaign_id>/canvas/", inside(canvas.page), name="campaign-canvas"),
    path("campaigns/<int:campaign_id>/activities/", inside(twin.page), name="campaign-list-twin"),
    path("campaigns/<int:campaign_id>/activities/<slug:uid>/", inside(twin.activity), name="campaign-list-activity"),
    path("campaigns/<int:campaign_id>/versions/", inside(campaign.versions), name="campaign-versions"),
    path("campaigns/<int:campaign_id>/properties/", inside(campaign.properties), name="campaign-properties"),
    path("campaigns/versions/<int:version_id>/save/", inside(canvas.save), name="canvas-save"),
    path("campaigns/versions/<int:version_id>/form/", inside(canvas.activity_form), name="activity-form"),
    path("campaigns/versions/<int:version_id>/config/", inside(canvas.activity_config), name="activity-config"),
    path("campaigns/versions/<int:version_id>/submit/", inside(canvas.submit), name="version-submit"),
    path("campaigns/versions/<int:version_id>/withdraw/", inside(canvas.withdraw), name="version-withdraw"),
    path("campaigns/versions/<int:version_id>/draft/", inside(canvas.new_draft), name="version-draft"),
    path("help/activities/<slug:kind>/", inside(campaign.activity_help), name="activity-help"),
]
