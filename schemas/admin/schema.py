"""Schemas and their fields in the admin; what is saved here takes effect when it is published."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from schemas.choices import SchemaStatus
from schemas.models import Field, Schema
from schemas.review import overview

STATUS_COLOURS = {SchemaStatus.DRAFT: "warning", SchemaStatus.PUBLISHED: "success"}


class FieldForm(forms.ModelForm):
    """A field's name stays once it is published: rules and templates say it."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        field = self.instance
        if field.pk and "name" in self.changed_data and field.schema.status == SchemaStatus.PUBLISHED:
            raise forms.ValidationError(gettext("Rules and templates use this name. Change the label instead."))
        return name


class FieldInline(TabularInline):
    model = Field
    form = FieldForm
    fields = ["label", "name", "type", "key_position", "required", "unique", "personal", "role", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0
    show_change_link = True
    tab = True


@admin.register(Field)
class FieldAdmin(ModelAdmin):
    """Everything about one field; reached from its schema."""

    form = FieldForm
    list_display = ["label", "schema", "name", "type", "role"]
    list_filter = ["schema", "type", "role"]
    search_fields = ["label", "name", "schema__label"]
    list_select_related = ["schema"]
    fieldsets = [
        (None, {"fields": ["schema", "label", "name", "description"]}),
        (_("Type"), {"fields": ["type", ("max_length", "precision", "scale"), "choices"]}),
        (_("Rules for its values"), {"fields": ["key_position", ("required", "unique"), "default"]}),
        (_("Meaning"), {"fields": ["role", ("personal", "searchable"), "position"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Field | None = None) -> list[str]:
        return ["schema"] if obj else []

    def response_change(self, request: HttpRequest, obj: Field) -> HttpResponse:
        response = super().response_change(request, obj)
        stays = {"_continue", "_addanother", "_saveasnew"} & set(request.POST)
        return response if stays else redirect("admin:schemas_schema_change", obj.schema_id)


@admin.register(Schema)
class SchemaAdmin(ModelAdmin):
    list_display = ["label", "name", "status_shown", "fields_shown", "links_shown", "targeting", "changed_at"]
    list_filter = ["status", "targetable"]
    list_filter_submit = False
    search_fields = ["label", "name", "description"]
    ordering = ["label"]
    inlines = [FieldInline]
    fields = ["label", "name", "description", "targetable", "version_field"]
    actions = ["publish_selected"]
    actions_list = ["describe_tables"]
    change_form_outer_before_template = "schemas/schema_panel.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schema]:
        counted = {
            "n_fields": Count("fields", distinct=True),
            "n_links": Count("relationships", distinct=True),
            "n_back": Count("reverse_relationships", distinct=True),
        }
        return super().get_queryset(request).annotate(**counted)

    def get_readonly_fields(self, request: HttpRequest, obj: Schema | None = None) -> list[str]:
        return ["name"] if obj and obj.status == SchemaStatus.PUBLISHED else []

    def has_delete_permission(self, request: HttpRequest, obj: Schema | None = None) -> bool:
        """A published schema has records; deleting its description would strand them."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == SchemaStatus.DRAFT)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: found for name, found in super().get_actions(request).items() if name != "delete_selected"}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "version_field":
            found = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
            kwargs["queryset"] = Field.objects.filter(schema_id=int(found)) if str(found).isdigit() else Field.objects.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        schema = Schema.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        panel = {"panel": overview(schema)} if schema and request.method == "GET" else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **panel})

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def status_shown(self, schema: Schema) -> tuple[str, str]:
        return schema.status, schema.get_status_display()

    @display(description=_("fields"), ordering="n_fields")
    def fields_shown(self, schema: Any) -> int:
        return schema.n_fields

    @display(description=_("links"))
    def links_shown(self, schema: Any) -> int:
        return schema.n_links + schema.n_back

    @display(description=_("targeting dimension"), ordering="targetable", label={"yes": "info"})
    def targeting(self, schema: Schema) -> tuple[str, str] | str:
        return ("yes", gettext("yes")) if schema.targetable else ""

    @admin.action(description=_("Publish…"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Schema]) -> HttpResponse:
        first, *others = queryset.order_by("pk").values_list("pk", flat=True)
        more = "".join(f"&with={pk}" for pk in others)
        return redirect(f"{reverse('schema-publish', args=[first])}?{more.lstrip('&')}")

    @action(description=_("Describe tables from DDL"), icon="schema", permissions=["add"])
    def describe_tables(self, request: HttpRequest) -> HttpResponse:
        return redirect("ddl-upload")
