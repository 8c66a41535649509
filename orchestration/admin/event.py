"""Events in the admin: what came back."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orchestration.admin.read_only import ReadOnly
from orchestration.choices import EventKind
from orchestration.models import Event

KIND_COLOURS = {
    EventKind.DELIVERED: "success", EventKind.OPENED: "info", EventKind.CLICKED: "primary", EventKind.BOUNCED: "danger",
    EventKind.DEFERRED: "warning", EventKind.UNSUBSCRIBED: "warning", EventKind.COMPLAINED: "danger",
}  # fmt: skip
BY_LINK = {"message__exact", "message__id__exact", "message__run__id__exact", "message__task__id__exact"}


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["kind_shown", "at", "message_shown", "url", "machine"]
    list_filter = ["kind", "machine", "at"]
    list_select_related = ["message"]
    search_fields = ["message__address"]
    ordering = ["-id"]
    fields = ["kind", "at", "message_shown", "url", "link", "machine", "detail"]
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in BY_LINK or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @display(description=_("kind"), ordering="kind", label=KIND_COLOURS)
    def kind_shown(self, event: Event) -> tuple[str, str]:
        return event.kind, event.get_kind_display()

    @display(description=_("message"))
    def message_shown(self, event: Event) -> str:
        return format_html('<a href="{}">{}</a>', reverse("message-preview", args=[event.message_id]), event.message.address or "–")
