"""Form fields of the side panel. Each cleans to plain JSON, and accepts its own cleaned value again.

How the browser may enhance them (without a script, everything can be typed):

- `AttributeField`, `AttributesField`: a select whose options are grouped by link. Values are codes: `first_name`,
  `store.city` along links, `last_name:first_letter` a part, `@alias` an added column. Class `tutti-attributes`.
- `SubsetsField`, `EnrichmentsField`: a textarea with a JSON list, class `tutti-list`, `data-list="subsets"` or
  `"enrichments"`, `data-schema` the dimension that flows in (for rule builders and link pickers), and
  `data-attributes` a JSON list of [group, [[code, label], …]], the attributes to sort by. `data-sources` of a
  `SourceField` is not needed: it is a plain select. The shape of the entries is in each field's docstring.
- A script that enhances a textarea keeps writing JSON into it; the server checks it again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm
from campaigns.attributes import Attribute, choices, describe, to_one_end
from campaigns.models import Sender
from schemas.catalog import SchemaInfo
from schemas.exceptions import SchemaError
from schemas.forms import RuleField

ALIAS = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
MAX_SUBSETS = 20
MAX_ENRICHMENTS = 50
MAX_LINES = 1000
FUNCTIONS = ("count", "sum", "avg", "min", "max")


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


class ListField(forms.JSONField):
    """A list of dictionaries, checked entry by entry; `entry` cleans one and raises ValidationError."""

    key = ""
    noun: Any = gettext_lazy("Entry %(n)s")
    most = 100

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 6}))
        self.form: ActivityForm | None = None
        super().__init__(**kwargs)

    def connect(self, form: ActivityForm) -> None:
        self.form = form
        inbound = form.inbound
        schema = form.catalog.schemas.get(inbound.dimension) if inbound else None
        offered = choices(form.catalog, schema, inbound.extra) if schema and inbound else []
        self.widget.attrs |= {
            "class": "tutti-list", "data-list": self.key, "data-schema": schema.name if schema else "", "data-attributes": json.dumps(offered),
        }  # fmt: skip

    def clean(self, value: Any) -> Any:
        entries = super().clean(value)
        if entries in (None, ""):
            return []
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise ValidationError(_("This is not a list of entries."))
        if len(entries) > self.most:
            raise ValidationError(_("At most %(most)s entries are possible.") % {"most": self.most})
        cleaned, errors = [], []
        for n, entry in enumerate(entries, start=1):
            try:
                cleaned.append(self.entry(dict(entry), n))
            except ValidationError as error:
                errors += [f"{self.noun % {'n': n}}: {text}" for text in error.messages]
            except SchemaError as error:
                errors += [f"{self.noun % {'n': n}}: {p.text}" for p in error.problems]
        self.whole(cleaned, errors)
        if errors:
            raise ValidationError(errors)
        return cleaned

    def entry(self, entry: dict[str, Any], n: int) -> dict[str, Any]:
        raise NotImplementedError

    def whole(self, entries: list[dict[str, Any]], errors: list[str]) -> None:
        """What only the whole list shows."""

    def attribute(self, value: Any) -> dict[str, Any]:
        try:
            return Attribute.read(value).as_config()
        except (ValueError, TypeError) as error:
            raise ValidationError(_("This is not an attribute.")) from error

    def sort(self, value: Any) -> dict[str, Any] | None:
        """{"path", "field", "direction"} or {"column", "direction"}."""
        if not value:
            return None
        if not isinstance(value, Mapping) or value.get("direction", "asc") not in ("asc", "desc"):
            raise ValidationError(_("Sort upwards or downwards."))
        return {**self.attribute(value), "direction": value.get("direction", "asc")}


def number(value: Any, least: float, most: float, whole: bool = True) -> float | int:
    """A number within bounds, or ValidationError."""
    try:
        read = float(str(value).strip())
    except ValueError as error:
        raise ValidationError(_("Enter a number.")) from error
    if not least <= read <= most or (whole and read != int(read)):
        raise ValidationError(_("Enter a number from %(least)s to %(most)s.") % {"least": least, "most": most})
    return int(read) if read == int(read) else read


def words(value: Any, longest: int = 120) -> str:
    return str(value or "").strip()[:longest]


def rule_group(value: Any) -> dict[str, Any] | None:
    """A bare group; None when there is nothing to meet. Its meaning is checked where the schema is known."""
    if not value or (isinstance(value, Mapping) and value.get("kind") == "group" and not value.get("items")):
        return None
    if isinstance(value, Mapping) and "where" in value and "kind" not in value:
        value = value["where"]  # a whole rule, as the rule builder writes it
        return rule_group(value)
    if not isinstance(value, Mapping):
        raise ValidationError(_("This is not a rule."))
    return dict(value)


class SubsetsField(ListField):
    """The subsets of a Split, in order.

    Each is {"label": text, "rule": GROUP or null, "limit_kind": "none" | "number" | "percent", "limit": number or null,
    "sort": null (by chance) or {"path": [...], "field": name, "direction": "asc" | "desc"} or {"column": alias, …}}.
    """

    key = "subsets"
    noun = gettext_lazy("Subset %(n)s")
    most = MAX_SUBSETS

    def entry(self, entry: dict[str, Any], n: int) -> dict[str, Any]:
        kind = entry.get("limit_kind") or "none"
        limit: float | int | None = None
        if kind == "number":
            limit = number(entry.get("limit"), 0, 10**12)
        elif kind == "percent":
            limit = number(entry.get("limit"), 0, 100, whole=False)
        elif kind != "none":
            raise ValidationError(_("Choose no limit, a number or a percentage."))
        label = words(entry.get("label")) or _("Subset %(n)s") % {"n": n}
        return {
            "label": label,
            "rule": rule_group(entry.get("rule")),
            "limit_kind": kind,
            "limit": limit,
            "sort": self.sort(entry.get("sort")),
        }

    def whole(self, entries: list[dict[str, Any]], errors: list[str]) -> None:
        labels = [entry["label"] for entry in entries]
        errors += [
            _("Two subsets are called “%(label)s”.") % {"label": label} for label in sorted({x for x in labels if labels.count(x) > 1})
        ]


class EnrichmentsField(ListField):
    """What Enrich adds.

    {"kind": "attribute", "path": [to-one links], "field": name, "alias": alias, "label": text}
    {"kind": "aggregate", "function": "count" | "sum" | "avg" | "min" | "max", "path": [links], "field": name (not for count),
     "where": GROUP or null, "alias": …, "label": …}
    {"kind": "collection", "path": [links], "fields": [{"path": [to-one links], "field": name, "name": name in templates}, …],
     "where": GROUP or null, "sort": null or {"path", "field", "direction"}, "limit": number, "alias": …, "label": …}
    """

    key = "enrichments"
    most = MAX_ENRICHMENTS

    def entry(self, entry: dict[str, Any], n: int) -> dict[str, Any]:
        kind = entry.get("kind")
        if kind not in ("attribute", "aggregate", "collection"):
            raise ValidationError(_("Choose an attribute, a figure or a collection."))
        alias = words(entry.get("alias"))
        if not ALIAS.match(alias):
            raise ValidationError(_("Its name in templates needs lower-case letters, digits and underscores, and begins with a letter."))
        common = {"kind": kind, "path": self.path(entry.get("path")), "alias": alias, "label": words(entry.get("label")) or alias}
        more = {"attribute": self.single, "aggregate": self.figure, "collection": self.lines}[kind]
        return common | more(entry)

    def path(self, value: Any) -> list[str]:
        if not isinstance(value or [], list | tuple) or not all(isinstance(name, str) for name in value or []):
            raise ValidationError(_("Choose the links to follow."))
        return list(value or [])

    def single(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {"field": words(entry.get("field"))}

    def figure(self, entry: dict[str, Any]) -> dict[str, Any]:
        function = entry.get("function")
        if function not in FUNCTIONS:
            raise ValidationError(_("Choose number, sum, average, lowest or highest."))
        field = "" if function == "count" else words(entry.get("field"))
        return {"function": function, "field": field, "where": rule_group(entry.get("where"))}

    def lines(self, entry: dict[str, Any]) -> dict[str, Any]:
        fields = entry.get("fields") or []
        if not isinstance(fields, list) or not fields:
            raise ValidationError(_("Choose at least one field to collect."))
        chosen = []
        for item in fields:
            item = item if isinstance(item, Mapping) else {"path": [], "field": item}
            name = words(item.get("name")) or "_".join([*self.path(item.get("path")), words(item.get("field"))])
            if not ALIAS.match(name):
                raise ValidationError(_("“%(name)s” cannot be a name in templates.") % {"name": name})
            chosen.append({"path": self.path(item.get("path")), "field": words(item.get("field")), "name": name})
        if len({item["name"] for item in chosen}) < len(chosen):
            raise ValidationError(_("Two collected fields have the same name."))
        limit = number(entry.get("limit") or 10, 1, MAX_LINES)
        return {"fields": chosen, "where": rule_group(entry.get("where")), "sort": self.sort(entry.get("sort")), "limit": limit}

    def whole(self, entries: list[dict[str, Any]], errors: list[str]) -> None:
        taken = {c.alias for c in self.form.inbound.extra} if self.form and self.form.inbound else set()
        taken |= set(self.form.catalog.schemas) if self.form else set()
        for entry in entries:
            if entry["alias"] in taken | {"records", "unsubscribe_url"}:
                errors.append(_("The name “%(alias)s” is taken. Choose another.") % {"alias": entry["alias"]})
            taken.add(entry["alias"])


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
