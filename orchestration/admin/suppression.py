"""Suppressions in the admin: an address is typed in once, and kept as a hash and a hint."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.choices import Channel
from orchestration import suppress
from orchestration.choices import SuppressionKind
from orchestration.models import Suppression
from orchestration.recipient import InvalidAddress, checked_address


class SuppressionForm(forms.ModelForm):
    address = forms.CharField(
        label=_("Address"),
        max_length=320,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Not kept: only a keyed hash of it, and enough of it to recognise it."),
    )

    class Meta:
        model = Suppression
        fields = ["channel", "kind", "note"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address, channel = cleaned.get("address", ""), cleaned.get("channel")
        if address and channel == Channel.EMAIL:
            try:
                checked_address(address.strip())
            except InvalidAddress as error:
                raise ValidationError({"address": str(error)}) from error
        if address and Suppression.objects.filter(channel=channel, address_hash=suppress.address_hash(address)).exists():
            raise ValidationError({"address": _("This address is on the list already.")})
        return cleaned


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """Who is never written to again."""

    list_display = ["hint", "kind", "channel", "note", "created_at"]
    list_filter = ["kind", "channel", "created_at"]
    list_filter_submit = False
    list_per_page = 50
    search_fields = ["hint", "note"]
    search_help_text = _("A whole address, or a part of the note.")
    ordering = ["-id"]

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> list[str]:
        return ["hint", "channel", "kind", "note", "created_at"] if obj else ["channel", "address", "kind", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Suppression | None = None) -> list[str]:
        return ["hint", "channel", "kind", "created_at"] if obj else []

    def get_form(self, request: HttpRequest, obj: Suppression | None = None, change: bool = False, **words: Any) -> type[forms.ModelForm]:
        return super().get_form(request, obj, change, **({} if obj else {"form": SuppressionForm}), **words)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"channel": Channel.EMAIL, "kind": SuppressionKind.MANUAL}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if "@" in search_term:
            found = found | queryset.filter(address_hash=suppress.address_hash(search_term))
        return found, duplicates

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        kept = suppress.add(form.cleaned_data["address"], obj.kind, obj.channel, obj.note)
        obj.pk, obj.address_hash, obj.hint = kept.pk, kept.address_hash, kept.hint
