"""Relationships in the admin, with their pairs of fields."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from schemas.describe import link_problems
from schemas.models import Field, Pair, Relationship


class PairInline(TabularInline):
    """Which fields are equal; once the two sides are saved, each list offers only the fields of its side."""

    model = Pair
    fields = ["source_field", "target_field", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0
    min_num = 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        found = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
        fields = Field.objects.select_related("schema").order_by("schema__label", "position")
        if str(found).isdigit():
            side = "relationships" if db_field.name == "source_field" else "reverse_relationships"
            fields = fields.filter(**{f"schema__{side}": int(found)})
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, "queryset": fields})


@admin.register(Relationship)
class RelationshipAdmin(ModelAdmin):
    list_display = ["source", "label", "target", "reverse_label", "pairs_shown", "kind", "enforced_shown"]
    list_display_links = ["label"]
    list_filter = ["source", "target", "enforced"]
    search_fields = ["label", "reverse_label", "source__label", "target__label"]
    list_select_related = ["source", "target"]
    inlines = [PairInline]
    fieldsets = [
        (None, {"fields": [("source", "target")]}),
        (_("From the first to the second"), {"fields": [("label", "name")]}),
        (_("And back"), {"fields": [("reverse_label", "reverse_name")]}),
        (_("Records"), {"fields": ["one_to_one", "enforced"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("pairs__source_field", "pairs__target_field")

    def get_readonly_fields(self, request: HttpRequest, obj: Relationship | None = None) -> list[str]:
        return ["source", "target"] if obj else []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for problem in link_problems(form.instance, set()):
            messages.warning(request, f"{problem.text} {problem.hint}")
        messages.info(request, _("Publish %(schema)s to make its table follow.") % {"schema": form.instance.source})

    @display(description=_("equal fields"))
    def pairs_shown(self, relationship: Relationship) -> str:
        return ", ".join(f"{p.source_field.label} = {p.target_field.label}" for p in relationship.pairs.all())

    @display(description=_("kind"), label={"1": "info", "n": "default"})
    def kind(self, relationship: Relationship) -> tuple[str, str]:
        return ("1", gettext("one to one")) if relationship.one_to_one else ("n", gettext("many to one"))

    @display(description=_("enforced"), ordering="enforced", label={"yes": "info"})
    def enforced_shown(self, relationship: Relationship) -> tuple[str, str] | str:
        return ("yes", gettext("yes")) if relationship.enforced else ""
