"""What can go wrong with descriptions, rules and loads; every text says what to do next."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


def about(what: Any, text: Any) -> str:
    """A text, with what it is about before it: not every language writes the colon alike."""
    return _("%(what)s: %(text)s") % {"what": what, "text": text}


@dataclass(frozen=True)
class Problem:
    """One mistake of a person: where it is, what is wrong, and what helps. All are reported at once."""

    where: str
    text: str
    hint: str = ""
    level: str = "error"  # or "warning"

    def as_dict(self) -> dict[str, str]:
        return {"where": self.where, "text": str(self.text), "hint": str(self.hint), "level": self.level}


class SchemaError(Exception):
    """Something a person described cannot be used."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(f"{p.where}: {p.text}" if p.where else str(p.text) for p in problems))


class UnknownReference(SchemaError):
    """A schema, field or link is named that does not exist or is not published."""

    def __init__(self, where: str, text: str, hint: str = "") -> None:
        super().__init__(Problem(where, text, hint))


class RuleError(SchemaError):
    """A rule cannot be compiled; nobody is selected."""


class IngestError(SchemaError):
    """A file cannot be loaded at all; nothing was changed."""


class QueryError(SchemaError):
    """A question was stopped, or cannot be answered with the data as it is."""
