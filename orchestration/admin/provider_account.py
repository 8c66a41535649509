"""Provider accounts in the admin: the provider's own form, secrets that are written and never shown, and a test."""

import inspect
from copy import deepcopy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from orchestration import accounts
from orchestration.channels.base import Provider, registry
from orchestration.exceptions import SendError
from orchestration.models import ProviderAccount

PREFIX = "setting_"
WIDGETS: list[tuple[type[forms.Widget], type[forms.Widget]]] = [
    (forms.PasswordInput, UnfoldAdminPasswordWidget),
    (forms.NumberInput, UnfoldAdminIntegerFieldWidget),
    (forms.Select, UnfoldAdminSelectWidget),
    (forms.CheckboxInput, UnfoldBooleanSwitchWidget),
    (forms.TextInput, UnfoldAdminTextInputWidget),
]


class AccountForm(forms.ModelForm):
    """The account's own fields; the provider's are added for each provider by `form_for`."""

    provider_type: Provider

    class Meta:
        model = ProviderAccount
        fields = ["name", "provider", "senders", "active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.settings or {}
        for name in self.provider_type.Form.base_fields:
            if name not in self.provider_type.secret_fields and name in stored:
                self.initial[PREFIX + name] = stored[name]

    def clean(self) -> dict[str, Any]:
        """The provider's form judges its settings; an empty secret means the one we have."""
        cleaned = super().clean() or {}
        given = {name: cleaned.get(PREFIX + name) for name in self.provider_type.Form.base_fields}
        for name in self.provider_type.secret_fields:
            given[name] = given[name] or (self.instance.settings or {}).get(name, "")
        inner = self.provider_type.Form({name: "" if value is None else value for name, value in given.items()})
        if not inner.is_valid():
            for name, errors in inner.errors.items():
                self.add_error(PREFIX + name if PREFIX + name in self.fields else None, errors.as_data())
        self.instance.settings = inner.cleaned_data
        return cleaned


def form_for(provider: Provider) -> type[AccountForm]:
    fields: dict[str, Any] = {}
    for name, field in provider.Form.base_fields.items():
        field = deepcopy(field)
        secret = name in provider.secret_fields
        if secret:
            field.required, field.help_text = False, gettext_lazy("Never shown again. Leave it empty to keep the present one.")
        widget = next((ours for theirs, ours in WIDGETS if isinstance(field.widget, theirs)), None)
        if widget:
            attributes = {"autocomplete": "new-password"} if secret else None
            field.widget = widget(choices=field.choices) if widget is UnfoldAdminSelectWidget else widget(attrs=attributes)  # type: ignore[call-arg,attr-defined]
        fields[PREFIX + name] = field
    return type("AccountForm", (AccountForm,), {**fields, "provider_type": provider})


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ModelAdmin):
    """How mail leaves this site."""

    list_display = ["name", "provider", "active", "state"]
    list_filter_submit = False
    actions_detail = ["test_connection"]

    def provider_of(self, obj: ProviderAccount | None) -> Provider:
        return registry().get(obj.provider if obj else "") or next(iter(registry().values()))

    def get_form(self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **words: Any) -> Any:
        return super().get_form(request, obj, change, **{**words, "form": form_for(self.provider_of(obj))})

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        provider = self.provider_of(obj)
        text = inspect.cleandoc(type(provider).__doc__ or "")
        told = " ".join(_(text).split("\n")[1:]) if text else ""
        return [
            (None, {"fields": ["name", "provider", "active", "senders"]}),
            (provider.label, {"fields": [PREFIX + name for name in provider.Form.base_fields], "description": told}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> list[str]:
        return ["provider"] if obj else []

    @display(description=gettext_lazy("state"), label={"works": "success", "resting": "danger", "off": "info"})
    def state(self, account: ProviderAccount) -> tuple[str, str]:
        if not account.active:
            return "off", _("Not in use")
        return ("resting", _("Paused after failures")) if accounts.resting(account) else ("works", _("Ready"))

    @action(description=gettext_lazy("Test connection"), url_path="test-connection", permissions=["test_connection"])
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The link leads to a page with a button; only the button does something."""
        if not self.has_test_connection_permission(request, object_id):
            raise PermissionDenied
        account = get_object_or_404(ProviderAccount, pk=object_id)
        if request.method == "POST":
            try:
                messages.success(request, self.provider_of(account).probe(account.settings))
                accounts.worked(account)
            except SendError as error:
                messages.error(request, str(error))
            return redirect("admin:orchestration_provideraccount_change", object_id)
        words = {**self.admin_site.each_context(request), "title": _("Test connection"), "account": account}
        return render(request, "orchestration/test_connection.html", words)

    def has_test_connection_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("orchestration.change_provideraccount")
