"""Reports that were made: to look at, never to change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from reporting.models import Report


@admin.register(Report)
class ReportAdmin(ModelAdmin):
    list_display = ("campaign", "run", "made_by", "made_at", "file")
    list_select_related = ("campaign", "run__version__campaign", "made_by")
    list_filter = ("made_at",)
    search_fields = ("campaign__name",)
    fields = ("campaign", "run", "made_by", "made_at", "file", "figures")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("file"))
    def file(self, report: Report) -> SafeString:
        return format_html('<a class="t-link" href="{}">PDF</a>', reverse("report-file", args=[report.pk]))
