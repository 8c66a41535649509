"""Lists of entries in a side panel: the subsets of a Split, the values of an Enrich. Each cleans to plain JSON.

A list is a textarea with JSON in it: class `tutti-list`, `data-list="subsets"` or `"enrichments"`, `data-schema` the
dimension that flows in (for rule builders and link pickers), and `data-attributes` a JSON list of
[group, [[code, label], …]], the attributes to sort by. The shape of the entries is in each field's docstring. A script
that enhances the textarea keeps writing JSON into it; the server checks it again.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm
from campaigns.attributes import Attribute, choices
from campaigns.forms import words
from schemas.exceptions import SchemaError, about

ALIAS = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
MAX_SUBSETS = 20
MAX_ENRICHMENTS = 50
MAX_LINES = 1000
FUNCTIONS = ("count", "sum", "avg", "min", "max")


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
                errors += [about(self.noun % {"n": n}, text) for text in error.messages]
            except SchemaError as error:
                errors += [about(self.noun % {"n": n}, p.text) for p in error.problems]
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
