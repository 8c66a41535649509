"""Imports in the admin: a list of loads, and pages of our own to make one and to watch it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from schemas.choices import ImportStatus
from schemas.ingest import counts_in_words
from schemas.models import Import

STATUS_COLOURS = {
    ImportStatus.WAITING: "default",
    ImportStatus.RUNNING: "info",
    ImportStatus.DONE: "success",
    ImportStatus.FAILED: "danger",
}


@admin.register(Import)
class ImportAdmin(ModelAdmin):
    """Nothing is typed in here: a load is made by uploading a file."""

    list_display = ["file_name", "schema", "status_shown", "read", "outcome", "created_by", "created_at"]
    list_filter = ["status", "schema", "created_at"]
    list_filter_submit = False
    search_fields = ["file_name", "schema__label"]
    list_select_related = ["schema", "created_by"]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("schemas.ingest_records")

    def has_change_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("import-upload")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("import-progress", int(object_id)) if object_id.isdigit() else redirect("admin:schemas_import_changelist")

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def status_shown(self, import_: Import) -> tuple[str, str]:
        return import_.status, import_.get_status_display()

    @display(description=_("outcome"))
    def outcome(self, import_: Import) -> str:
        return " · ".join(f"{formats.localize(n, use_l10n=True)} {words}" for words, n in counts_in_words(import_) if n) or "–"
