"""RuleField: a rule in a form, drawn with the rule builder."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from schemas.catalog import Catalog
from schemas.exceptions import Problem
from schemas.rules import problems

MAX_ERRORS = 10  # shown above the builder; each is also at its place in it


class RuleWidget(forms.Textarea):
    """The rule builder around a hidden text area that holds the JSON.

    The records that the rule is about are those of `schema`, or of the form's field called `dimension`, whose values
    are names of schemas.
    """

    class Media:
        css = {"all": ["schemas/rule_builder.css"]}
        js = ["schemas/rule_builder.js"]

    def __init__(self, schema: str = "", dimension: str = "schema", attrs: dict[str, Any] | None = None) -> None:
        self.schema, self.dimension = schema, dimension
        super().__init__(attrs)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        prefix = name.rpartition("-")[0]
        context = {
            "name": name,
            "value": "" if value is None else value,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "schema": self.schema,
            "dimension": "" if self.schema else f"{prefix}-{self.dimension}" if prefix else self.dimension,
            "urls": {key: reverse(f"rule-{key}") for key in ("catalog", "count", "rows")},
        }
        return SafeString(render_to_string("schemas/rule_builder.html", context))


class RuleField(forms.JSONField):
    """Cleans to the rule as a dict, and only if it can be answered.

    `catalog` may be set after the form is made, so that a form which has one already needs no query.
    """

    widget = RuleWidget

    def __init__(self, *, schema: str | None = None, dimension: str = "schema", catalog: Catalog | None = None, **kwargs: Any) -> None:
        self.schema, self.catalog = schema or "", catalog
        kwargs.setdefault("widget", RuleWidget(schema=self.schema, dimension=dimension))
        kwargs.setdefault("label", _("rule"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("The rule is not readable. Reload the page and draw it again.")) from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was sent, as text or as the JSON value that a stored config holds."""
        if self.disabled:
            return initial
        if not isinstance(data, str):
            return data
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value in self.empty_values:
            return
        catalog = self.catalog if self.catalog is not None else Catalog.load()
        found = problems(value, catalog)
        if not found and self.schema and value["schema"] != self.schema:
            found = [Problem("schema", str(_("The rule is about other records.")), str(_("Draw it again for these.")))]
        if found:
            raise ValidationError([f"{p.text} {p.hint}".strip() for p in found[:MAX_ERRORS]])
