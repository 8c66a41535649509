"""Render: a mail's content is prepared once for a version, then filled in for each message."""

import html
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from liquid import RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import parse_primitive
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_EOF, TOKEN_TAG, Token

from campaigns.exceptions import CampaignError
from campaigns.mail_body import UNSUBSCRIBE, Body
from campaigns.template_language import LANGUAGES, Name, TemplateError, check_plain, fill, language, markup, names_in, parse
from schemas.exceptions import Problem

# Everything that a mail program or server may take for the end of a line, and what nobody can see.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+")
LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
ENCODED_WORD = re.compile(r"=(?=\?)")
SUBJECT_LENGTH = 500
CLIPPED = 100_000  # bytes; Gmail cuts longer mails off
PARTS = ("subject", "preheader", "body", "text")
RESERVED = {"unsubscribe_url"}

LinkFor = Callable[[int, str], str]
LINK_FOR: ContextVar[LinkFor] = ContextVar("LINK_FOR")  # not in the context, where templates could see it


@dataclass(frozen=True)
class Prepared:
    """Templates, ready to be filled in; plain JSON, so that a plan can hold it."""

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[str, ...] = ()
    language: str = "en"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "links": list(self.links)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Prepared":
        return cls(**{**stored, "links": tuple(stored["links"])})


@dataclass(frozen=True)
class Rendered:
    """One mail, filled in."""

    subject: str
    preheader: str
    html: str
    text: str


# --- links ----------------------------------------------------------------------------------------------------------


class LinkNode(Node):
    """Asks for the address of one link in one message."""

    def __init__(self, token: Token, index: int, block: BlockNode) -> None:
        super().__init__(token)
        self.index, self.block = index, block
        fixed = all(isinstance(node, ContentNode) for node in block.nodes)
        self.url = "".join(str(node) for node in block.nodes) if fixed else ""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        address = LINK_FOR.get()(self.index, self.url or self.filled(context, buffer))
        return buffer.write(html.escape(address) if context.autoescape else address)

    def filled(self, context: RenderContext, buffer: TextIO) -> str:
        inner = context.get_buffer(buffer)
        self.block.render(context, inner)
        url = html.unescape(inner.getvalue()) if context.autoescape else inner.getvalue()
        return CONTROLS.sub("", url)


class LinkTag(Tag):
    """{% tracked n %}address{% endtracked %}; only in prepared templates, unknown in what people write."""

    name = "tracked"
    end = "endtracked"

    def parse(self, stream: TokenStream) -> LinkNode:
        token = stream.eat(TOKEN_TAG)
        inner = stream.into_inner(tag=token)
        index = parse_primitive(self.env, inner)
        inner.expect_eos()
        block = get_parser(self.env).parse_block(stream, frozenset(("endtracked", TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value="endtracked")
        return LinkNode(token, int(str(index)), block)


def link_tag(index: int, url: str) -> str:
    return f"{{% tracked {index} %}}{url}{{% endtracked %}}"


HTML, TEXT = "prepared html", "prepared text"
LANGUAGES |= {HTML: language(autoescape=True), TEXT: language(autoescape=False)}
for dialect in (HTML, TEXT):
    LANGUAGES[dialect].add_tag(LinkTag)


# --- once for a version ---------------------------------------------------------------------------------------------


def prepare(content: Mapping[str, Any]) -> Prepared:
    """MJML compiled, styles put where mail programs read them, links numbered. CampaignError lists what is wrong."""
    found = [problem for problem in check(content) if problem.level == "error"]
    if found:
        raise CampaignError(*found)
    spoken = str(content.get("language") or settings.LANGUAGE_CODE)
    with translation.override(spoken):
        body = Body({**content, "language": spoken}, link_tag)
    prepared = Prepared(
        one_line(str(content.get("subject") or "")),
        one_line(str(content.get("preheader") or "")),
        body.html,
        body.text,
        tuple(body.links),
        spoken,
    )
    parse(prepared.html, HTML)
    parse(prepared.text, TEXT)
    return prepared


def check(content: Mapping[str, Any]) -> list[Problem]:
    """What can be seen without the data; names are checked where the population is known."""
    found: list[Problem] = []
    subject = str(content.get("subject") or "")
    if not subject.strip():
        found.append(Problem("subject", _("The subject is missing."), _("Write one.")))
    for part in ("subject", "preheader"):
        if CONTROLS.search(str(content.get(part) or "").strip()):
            found.append(Problem(part, _("It has a line end or another control character in it."), _("Write it on one line.")))
    if len(subject) > SUBJECT_LENGTH:
        found.append(Problem("subject", _("The subject is longer than %(most)s characters.") % {"most": SUBJECT_LENGTH}, _("Shorten it.")))
    if not str(content.get("body") or "").strip():
        found.append(Problem("body", _("The mail is empty."), _("Write the body.")))
    for part in PARTS:
        try:
            found += [Problem(part, p.text, p.hint) for p in names_in(str(content.get(part) or ""))[1]]
        except TemplateError as error:
            found += [Problem(part, p.text, p.hint) for p in error.problems]
    return found


def variables(content: Mapping[str, Any]) -> list[Name]:
    """The names that the content needs from outside, each once; raises TemplateError when it cannot be read."""
    names: dict[Name, None] = {}
    for part in PARTS:
        names |= dict.fromkeys(names_in(str(content.get(part) or ""))[0])
    return [name for name in names if name[0] not in RESERVED]


def advice(content: Mapping[str, Any], prepared: Prepared) -> list[Problem]:
    """What is allowed but worth knowing."""
    found = []
    if len(prepared.html.encode()) > CLIPPED:
        found.append(Problem("body", _("The mail is larger than 100 kB."), _("Some mail programs cut it off; shorten it."), "warning"))
    if content.get("category", "marketing") != "marketing" and not UNSUBSCRIBE.search(str(content.get("body") or "")):
        return found
    if content.get("category", "marketing") == "marketing" and not UNSUBSCRIBE.search(str(content.get("body") or "")):
        found.append(
            Problem(
                "body", _("The mail has no unsubscribe link."), _("One is added at its foot, with the sender's postal address."), "warning"
            )
        )
    return found


# --- for each message -------------------------------------------------------------------------------------------------


def render(
    prepared: Prepared, context: Mapping[str, Any], *, link_for: LinkFor, open_url: str | None = None, unsubscribe_url: str | None = None
) -> Rendered:
    """The mail for one message. `context` is plain values only; CampaignError when it cannot be filled in."""
    check_plain(context)
    pixel = (
        f'<img src="{html.escape(open_url)}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0" />'
        if open_url
        else ""
    )
    data = {**context, "unsubscribe_url": unsubscribe_url or "", "open_pixel": markup(pixel)}
    token = LINK_FOR.set(link_for)
    try:
        return Rendered(
            one_line(fill(parse(prepared.subject), data)),
            one_line(fill(parse(prepared.preheader), data)),
            INVISIBLE.sub("", fill(parse(prepared.html, HTML), data)),
            tidy(fill(parse(prepared.text, TEXT), data)),
        )
    finally:
        LINK_FOR.reset(token)


def one_line(text: str) -> str:
    """Nothing in it ends a line or is taken for an encoded word: the text can be a header."""
    return ENCODED_WORD.sub("= ", CONTROLS.sub(" ", text)).strip()


def tidy(text: str) -> str:
    lines = INVISIBLE.sub("", LINE_ENDS.sub("\n", text)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip() + "\n"
