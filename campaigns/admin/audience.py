"""Audiences: saved rules, drawn with the rule builder and counted exactly."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from campaigns.count import count_audience
from campaigns.models import Audience
from schemas.catalog import Catalog
from schemas.choices import SchemaStatus
from schemas.exceptions import SchemaError
from schemas.forms import RuleField
from schemas.models import Schema
from schemas.rule_sentence import sentence


class AudienceForm(forms.ModelForm):
    schema = forms.ModelChoiceField(
        Schema.objects.filter(status=SchemaStatus.PUBLISHED, targetable=True),
        label=_("Targeting dimension"),
        to_field_name="name",
        widget=UnfoldAdminSelectWidget,
        help_text=_("What the audience is made of: one for each of these records."),
    )
    rule = RuleField(dimension="schema", label=_("Rule"))

    class Meta:
        model = Audience
        fields = ["name", "schema", "rule", "description"]
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["schema"] = self.instance.schema.name  # the choices are names, as rules want them

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        schema, rule = cleaned.get("schema"), cleaned.get("rule")
        if schema and rule and rule["schema"] != schema.name:
            self.add_error("rule", gettext("The rule is about other records than the targeting dimension. Draw it again."))
        return cleaned


class AudienceList(ChangeList):
    """Gives each audience its rule in words; the descriptions are read once for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        catalog = Catalog.load()
        for audience in self.result_list:
            audience.words = in_words(audience, catalog)


def in_words(audience: Audience, catalog: Catalog) -> str:
    try:
        return sentence(audience.rule, catalog)
    except SchemaError as error:
        return gettext("This rule no longer works: %(problem)s") % {"problem": error.problems[0].text}


@admin.register(Audience)
class AudienceAdmin(ModelAdmin):
    form = AudienceForm
    fields = [("name", "schema"), "rule", "description"]
    list_display = ["name", "schema", "rule_in_words", "exact_count", "counted_at"]
    list_filter = ["schema"]
    search_fields = ["name", "description"]
    list_select_related = ["schema"]
    warn_unsaved_form = True
    compressed_fields = False  # labels above: the rule builder needs the width

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AudienceList

    def get_fields(self, request: HttpRequest, obj: Audience | None = None) -> Any:
        """Who may only look reads the rule in words."""
        if obj and not self.has_change_permission(request, obj):
            obj.words = in_words(obj, Catalog.load())  # type: ignore[attr-defined]
            return ["name", "schema", "rule_in_words", "exact_count", "counted_at", "description"]
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Audience | None = None) -> Any:
        return ["rule_in_words", "exact_count", "counted_at"]

    @admin.display(description=_("rule"))
    def rule_in_words(self, audience: Audience) -> str:
        return str(audience.words)  # type: ignore[attr-defined]

    @admin.display(description=_("exact count"), ordering="count")
    def exact_count(self, audience: Audience) -> str:
        return "–" if audience.count is None else str(formats.localize(audience.count, use_l10n=True))

    def save_model(self, request: HttpRequest, obj: Audience, form: Any, change: bool) -> None:
        if not change:
            obj.owner = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        try:
            counted = count_audience(obj, request.user)
        except SchemaError as error:
            problem = error.problems[0]
            messages.warning(
                request, gettext("Saved, but not counted: %(problem)s %(hint)s") % {"problem": problem.text, "hint": problem.hint}
            )
            return
        words = ngettext("%(n)s record is in the audience now.", "%(n)s records are in the audience now.", counted.count)
        messages.info(request, words % {"n": formats.localize(counted.count, use_l10n=True)})
