"""Mails of the local inbox in the admin: the page of the inbox is where they are read."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from orchestration.admin.read_only import ReadOnly
from orchestration.models import InboxMail


@admin.register(InboxMail)
class InboxMailAdmin(ReadOnly):
    """Registered so that its permission can be given; the list leads to the inbox."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        return redirect("inbox")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}
