"""Form fields of the side panel. Each cleans to plain JSON, and accepts its own cleaned value again.

How the browser may enhance them (without a script, everything can be typed):

- `AttributeField`, `AttributesField`: a select whose options are grouped by link. Values are codes: `first_name`,
  `store.city` along links, `last_name:first_letter` a part, `@alias` an added column. Class `tutti-attributes`.
- Lists of entries are in `list_fields.py`.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.activities.base import ActivityForm
from campaigns.attributes import Attribute, choices, describe, to_one_end
from campaigns.models import Sender
from schemas.catalog import SchemaInfo
from schemas.exceptions import SchemaError
from schemas.forms import RuleField


class DimensionField(forms.ChoiceField):
    """A published schema of which audiences can be made."""

    def connect(self, form: ActivityForm) -> None:
        schemas = sorted((s for s in form.catalog.schemas.values() if s.targetable), key=lambda s: s.label)
        self.choices = [("", "—"), *((s.name, s.label) for s in schemas)]


class AudienceRuleField(RuleField):
    """A rule on what flows in, or, at a start, on the schema chosen in the form's field `dimension`."""

    def connect(self, form: ActivityForm) -> None:
        self.catalog = form.catalog
        if form.inbound:
            self.widget.schema = form.inbound.dimension


class SourceField(forms.ChoiceField):
    """One of the boxes that lead in, by uid."""

    def connect(self, form: ActivityForm) -> None:
        self.choices = [("", "—"), *dict.fromkeys(form.sources)]


class AttributeField(forms.Field):
    """One attribute; cleans to {"path", "field"[, "part"]} or {"column"}, or None."""

    widget = forms.Select
    many = False

    def __init__(self, *, parts: bool = False, **kwargs: Any) -> None:
        self.parts = parts
        self.form: ActivityForm | None = None
        super().__init__(**kwargs)

    def connect(self, form: ActivityForm) -> None:
        self.form = form
        self.widget.attrs["class"] = "tutti-attributes"
        inbound = form.inbound
        schema = form.catalog.schemas.get(inbound.dimension) if inbound else None
        options: list[Any] = [] if self.many else [("", "—")]
        if schema and inbound:
            options += choices(form.catalog, schema, inbound.extra, parts=self.parts)
        chosen = [a.code for a in self.read((form.data or form.initial).get(self.name_in(form)))]
        offered = {code for group in options if isinstance(group[1], list) for code, _label in group[1]}
        options += [(code, code) for code in chosen if code and code not in offered]  # further away than is offered
        self.widget.choices = options  # type: ignore[attr-defined]

    def name_in(self, form: ActivityForm) -> str:
        return next(name for name, field in form.fields.items() if field is self)

    def read(self, value: Any) -> list[Attribute]:
        """Attributes of whatever a browser, a config or a test gives; what cannot be read is left out."""
        if isinstance(value, str) and value.startswith(("[", "{")):
            value = json.loads(value)
        values = value if isinstance(value, list | tuple) else [value]
        return [Attribute.read(v) for v in values if v not in (None, "", {})]

    def prepare_value(self, value: Any) -> Any:
        codes = [a.code for a in self.read(value)]
        return codes if self.many else next(iter(codes), "")

    def clean(self, value: Any) -> Any:
        try:
            found = self.read(value)
        except (ValueError, TypeError) as error:
            raise ValidationError(_("This is not an attribute.")) from error
        if self.required and not found:
            raise ValidationError(_("Choose an attribute."))
        if self.form and self.form.inbound:
            schema = self.form.catalog.schema(self.form.inbound.dimension)
            for attribute in found:
                try:
                    describe(attribute, self.form.catalog, schema, self.form.inbound.extra)
                except SchemaError as error:
                    raise ValidationError([str(p.text) for p in error.problems]) from error
        configs = [a.as_config() for a in found]
        return configs if self.many else next(iter(configs), None)


class AttributesField(AttributeField):
    """Several attributes, in order; cleans to a list."""

    widget = forms.SelectMultiple
    many = True


class MomentField(forms.DateTimeField):
    """A date and time; cleans to ISO text with its zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return value
        return super().prepare_value(value)

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is None:
            return ""
        return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).isoformat()


class SenderField(forms.ChoiceField):
    """Who a message comes from; cleans to the sender's id, `sender` is then the row."""

    def __init__(self, *, channel: str, **kwargs: Any) -> None:
        self.channel = channel
        self.sender: Sender | None = None
        super().__init__(**kwargs)

    def connect(self, form: ActivityForm) -> None:
        self.senders = {str(s.pk): s for s in Sender.objects.filter(channel=self.channel)}
        self.choices = [("", "—"), *((key, s.name) for key, s in self.senders.items())]

    def clean(self, value: Any) -> Any:
        text = str(value or "")
        if text and text not in self.senders:
            raise ValidationError(_("This sender does not exist any more. Choose another."))
        if self.required and not text:
            raise ValidationError(_("Choose a sender."))
        self.sender = self.senders.get(text)
        return int(text) if text else None


def words(value: Any, longest: int = 120) -> str:
    return str(value or "").strip()[:longest]


class NamesField(forms.CharField):
    """One name per line; cleans to a list."""

    widget = forms.Textarea

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(**kwargs)

    def lines(self, value: Any) -> list[str]:
        found: Iterable[Any] = value if isinstance(value, list | tuple) else str(value or "").splitlines()
        return [words(line) for line in found if words(line)]

    def prepare_value(self, value: Any) -> str:
        return "\n".join(self.lines(value))

    def clean(self, value: Any) -> Any:
        names = self.lines(value)
        if not self.least <= len(names) <= self.most:
            raise ValidationError(_("Give %(least)s to %(most)s names, one per line.") % {"least": self.least, "most": self.most})
        if len(set(names)) < len(names):
            raise ValidationError(_("Two names are the same."))
        return names


class RecipientPathField(forms.Field):
    """The to-one links that lead to whoever is written to; cleans to a list of names, [] for the record itself."""

    widget = forms.Select
    depth = 3

    def __init__(self, *, role: str, **kwargs: Any) -> None:
        self.role = role
        self.form: ActivityForm | None = None
        super().__init__(**kwargs)

    def connect(self, form: ActivityForm) -> None:
        self.form = form
        inbound = form.inbound
        schema = form.catalog.schemas.get(inbound.dimension) if inbound else None
        self.widget.choices = self.options(form, schema) if schema else [("", "—")]  # type: ignore[attr-defined]

    def options(self, form: ActivityForm, schema: SchemaInfo) -> list[tuple[str, str]]:
        """Everything with an address, nearest first."""
        found: list[tuple[str, str]] = []
        waiting: list[tuple[tuple[str, ...], str, SchemaInfo]] = [((), schema.label, schema)]
        while waiting:
            path, label, here = waiting.pop(0)
            if here.by_role(self.role):
                found.append((".".join(path), label))
            if len(path) < self.depth:
                links = [link for link in here.links.values() if not link.to_many and link.target in form.catalog.schemas]
                waiting += [((*path, link.name), f"{label} › {link.label}", form.catalog.schema(link.target)) for link in links]
        return found or [("", schema.label)]

    def path(self, value: Any) -> list[str]:
        if isinstance(value, list | tuple):
            return [str(name) for name in value]
        return [name for name in str(value or "").split(".") if name]

    def prepare_value(self, value: Any) -> str:
        return ".".join(self.path(value))

    def clean(self, value: Any) -> Any:
        path = self.path(value)
        if self.form and self.form.inbound:
            try:
                to_one_end(self.form.catalog, self.form.catalog.schema(self.form.inbound.dimension), path)
            except SchemaError as error:
                raise ValidationError([str(p.text) for p in error.problems]) from error
        return path
