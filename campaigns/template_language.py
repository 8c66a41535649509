"""Template language: Liquid with limits, without files, without a way around escaping; and which variables a text uses."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, Markup, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression, Path
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from campaigns.exceptions import CampaignError
from schemas.exceptions import Problem

LONGEST = 500_000  # characters of one template
WIDEST_RANGE = 1_000  # {% for n in (1..1000) %}
SPECIAL = {"size", "first", "last"}
Name = tuple[str, ...]


class Language(Environment):
    """What marketers write. Only mappings, lists and plain values can be read, nothing can be called."""

    loop_iteration_limit: ClassVar[int] = 10_000
    output_stream_limit: ClassVar[int] = 2_000_000
    local_namespace_limit: ClassVar[int] = 200_000
    context_depth_limit: ClassVar[int] = 30
    block_nesting_limit: ClassVar[int] = 30


def language(autoescape: bool) -> Language:
    env = Language(autoescape=autoescape)
    for tag in ("include", "render"):
        del env.tags[tag]
    del env.filters["safe"]
    env.filters["money"] = money
    env.filters["url_part"] = url_part
    return env


def money(value: Any) -> str:
    """12.5 → 12.50; what is no number stays as it is."""
    try:
        return f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        return str(value)


def url_part(value: Any) -> str:
    """A value as a part of an address: it can add neither a path, nor a parameter."""
    return quote(str(value if value is not None else ""), safe="")


LANGUAGES = {"html": language(autoescape=True), "text": language(autoescape=False)}


class TemplateError(CampaignError):
    """A text is not valid Liquid."""


@lru_cache(maxsize=512)
def parse(source: str, dialect: str = "text") -> BoundTemplate:
    """The template of a text in one of LANGUAGES; TemplateError says where it is wrong."""
    if len(source) > LONGEST:
        raise TemplateError(Problem("", _("The text is longer than %(most)s characters.") % {"most": LONGEST}, _("Shorten it.")))
    try:
        return LANGUAGES[dialect].from_string(source)
    except LiquidError as error:
        raise TemplateError(
            Problem("", _("The template language is not right: %(error)s") % {"error": first_line(error)}, _("Check the braces and tags."))
        ) from error


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


# --- which variables a text uses ----------------------------------------------------------------------------------


class Reader:
    """Walks a template with the names that are in scope; collects what has to come from outside."""

    def __init__(self, template: BoundTemplate) -> None:
        self.names: dict[Name, None] = {}
        self.problems: list[Problem] = []
        self.static = RenderContext(template)
        self.filters = template.env.filters
        scope: dict[str, Name | None] = {}
        for node in template.nodes:
            self.visit(node, scope)

    def visit(self, node: Node, scope: dict[str, Name | None]) -> None:
        for expression in node.expressions():
            self.look(expression, scope)
        for identifier in node.template_scope():
            scope[str(identifier)] = None  # from here on a name of the template's own
        inner = scope
        loop = getattr(node, "expression", None)
        if isinstance(loop, LoopExpression):
            item = self.resolve(loop.iterable, scope) if isinstance(loop.iterable, Path) else None
            inner = {**scope, str(loop.identifier): item, "forloop": None, "tablerowloop": None}
        else:
            inner = {**scope, **{str(name): None for name in node.block_scope()}} if list(node.block_scope()) else scope
        for child in node.children(self.static, include_partials=False):
            self.visit(child, inner)

    def look(self, expression: Expression, scope: Mapping[str, Name | None]) -> None:
        if isinstance(expression, Path):
            name = self.resolve(expression, scope)
            if name:
                self.names[name] = None
        for used in getattr(expression, "filters", None) or []:
            if used.name not in self.filters:
                self.problems.append(
                    Problem("", _("There is no filter “%(name)s”.") % {"name": used.name}, _("Remove it, or look it up in the help."))
                )
        if isinstance(expression, RangeLiteral) and not small(expression):
            text = _("A range needs whole numbers, and not more than %(most)s of them.") % {"most": WIDEST_RANGE}
            self.problems.append(Problem("", text, _("Write it like (1..5).")))
        for child in expression.children():
            self.look(child, scope)

    def resolve(self, path: Path, scope: Mapping[str, Name | None]) -> Name | None:
        """The name from outside that a path means, without positions; None for names of the template's own."""
        segments = [s for s in path.path if not isinstance(s, int)]
        if not all(isinstance(s, str) for s in segments):
            self.problems.append(
                Problem("", _("“%(path)s” chooses a name while it is filled in.") % {"path": path}, _("Write the name out."))
            )
            return None
        root, *rest = (str(s) for s in segments)
        if root in scope:
            base = scope[root]
            return None if base is None else (*base, *rest)
        return (root, *rest)


def small(expression: RangeLiteral) -> bool:
    if not isinstance(expression.start, IntegerLiteral) or not isinstance(expression.stop, IntegerLiteral):
        return False
    return abs(expression.stop.value - expression.start.value) < WIDEST_RANGE


def names_in(source: str) -> tuple[list[Name], list[Problem]]:
    """(names that must come from outside, mistakes). Raises TemplateError."""
    reader = Reader(parse(source))
    return list(reader.names), reader.problems


def fill(template: BoundTemplate, context: Mapping[str, Any]) -> str:
    """The text for one record. Any failure is the template's: the message fails, the run goes on."""
    try:
        return template.render(**context)
    except (LiquidError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise TemplateError(Problem("", _("The message could not be filled in: %(error)s") % {"error": first_line(error)})) from error


def check_plain(value: Any) -> None:
    """Templates are given plain values only; anything else is a mistake of ours, not of a person."""
    if value is None or isinstance(value, str | int | float | bool | Decimal):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("Names in a context must be texts.")
            check_plain(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_plain(item)
    else:
        raise TypeError(f"A {type(value).__name__} may not be given to a template.")


def markup(text: str) -> Markup:
    """Text that is HTML already; for what the product makes itself."""
    return Markup(text)


def without_special(names: Iterable[str]) -> Name:
    """A name without .first, .last and .size."""
    return tuple(name for name in names if name not in SPECIAL)
