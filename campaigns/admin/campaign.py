"""The list of campaigns; one campaign is edited on the canvas, not in a form."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from campaigns.choices import VersionStatus
from campaigns.models import Campaign, Version
from campaigns.views.status import LEVELS


class ArchivedFilter(admin.SimpleListFilter):
    """Archived campaigns are out of the way until asked for."""

    title = _("archive")
    parameter_name = "archive"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("archived", _("Archived")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name]):
                choice["display"] = _("In use")
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived=self.value() == "archived")


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(VersionStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(latest_status=self.value()) if self.value() else queryset


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    list_display = ["drawn_name", "status", "number", "owner", "changed", "pages"]
    list_filter = [ArchivedFilter, StatusFilter]
    search_fields = ["name", "description"]
    list_select_related = ["owner"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        newest = Version.objects.filter(campaign=OuterRef("pk")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                latest_status=Subquery(newest.values("status")[:1]),
                latest_number=Subquery(newest.values("number")[:1]),
                latest_change=Subquery(newest.values("changed_at")[:1]),
            )
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("campaign-add")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("campaign-canvas", object_id)

    @admin.display(description=_("name"), ordering="name")
    def drawn_name(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<a class="font-semibold text-primary-600 dark:text-primary-400" href="{}">{}</a>',
            reverse("campaign-canvas", args=[campaign.pk]),
            campaign.name,
        )

    @admin.display(description=_("status"), ordering="latest_status")
    def status(self, campaign: Any) -> SafeString:
        status = VersionStatus(campaign.latest_status or VersionStatus.DRAFT)
        return format_html('<span class="tutti-scope"><span class="t-pill {}">{}</span></span>', LEVELS[status], status.label)

    @admin.display(description=_("version"), ordering="latest_number")
    def number(self, campaign: Any) -> str:
        return f"v{campaign.latest_number or 1}"

    @admin.display(description=_("modified"), ordering="latest_change")
    def changed(self, campaign: Any) -> Any:
        return campaign.latest_change or campaign.changed_at

    @admin.display(description="")
    def pages(self, campaign: Campaign) -> SafeString:
        """Where else one goes from here."""
        links = [("campaign-versions", _("Versions")), ("campaign-list-twin", _("List"))]
        parts = [format_html('<a class="t-link" href="{}">{}</a>', reverse(name, args=[campaign.pk]), label) for name, label in links]
        return format_html('<span class="tutti-scope t-row">{} {}</span>', *parts)
