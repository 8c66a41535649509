"""Messages in the admin: who was to be written to, what became of it, and the mail itself."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orchestration import suppress
from orchestration.admin.read_only import ReadOnly
from orchestration.choices import MessageState
from orchestration.models import Message

STATE_COLOURS = {
    MessageState.QUEUED: "info", MessageState.CLAIMED: "info", MessageState.SENDING: "primary", MessageState.SENT: "success",
    MessageState.FAILED: "danger", MessageState.UNKNOWN: "warning", MessageState.SUPPRESSED: "warning",
    MessageState.CANCELLED: "warning", MessageState.EXPIRED: "warning",
}  # fmt: skip
BY_LINK = {"run__id__exact", "run__exact", "task__id__exact", "task__exact", "planned__exact"}  # how other pages lead here


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """The ledger."""

    list_display = ["address_shown", "state_shown", "reason_shown", "channel", "run", "activity", "attempt", "sent_at"]
    list_display_links = ["address_shown"]
    list_filter = ["state", "reason", "channel", "sent_at"]
    list_select_related = ["run__version__campaign", "task"]
    search_fields = ["address"]
    search_help_text = _("A whole address is found at once; a part of one takes longer.")
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).defer("context", "run__plan")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Message], search_term: str) -> tuple[QuerySet[Message], bool]:
        """A whole address by its hash, for which there is an index."""
        term = search_term.strip()
        if "@" in term[1:-1] and " " not in term:
            whole = queryset.filter(address_hash=suppress.address_hash(term))
            if whole.exists():
                return whole, False
        return super().get_search_results(request, queryset, search_term)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in BY_LINK or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if object_id.isdecimal() and len(object_id) < 19:
            return redirect("message-preview", message_id=int(object_id))
        return redirect("admin:orchestration_message_changelist")

    @display(description=_("address"), ordering="address")
    def address_shown(self, message: Message) -> str:
        return message.address or "–"

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def state_shown(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @display(description=_("reason"), ordering="reason")
    def reason_shown(self, message: Message) -> str:
        return message.get_reason_display() if message.reason else ""

    @display(description=_("activity"), ordering="task__label")
    def activity(self, message: Message) -> str:
        return message.task.label
