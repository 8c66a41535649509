"""Guides: the hand-written help, in templates/help/<language>/<name>.md, read into plain blocks that a template shows."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

FOLDER = settings.BASE_DIR / "templates" / "help"
NAMES = ("first-campaign", "data", "rules", "approval", "sending", "reports")  # in the order in which one would read them
PIECE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)")
ITEM = re.compile(r"(?:[-*]|\d+\.) ")
STYLES = {"`": "code", "**": "strong", "*": "em"}

Pieces = list[tuple[str, str]]  # text and its style: "", code, strong or em


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a list or lines of code."""

    kind: str  # heading, text, list, steps or code
    text: Pieces = field(default_factory=list)
    items: list[Pieces] = field(default_factory=list)
    code: str = ""


@dataclass(frozen=True)
class Guide:
    name: str
    title: str
    lead: str
    blocks: list[Block]


def guides() -> list[Guide]:
    """All guides in the language of the reader, or else in English."""
    return [guide(name) for name in NAMES]


def guide(name: str) -> Guide:
    title, *blocks = blocks_of(path_of(name).read_text(encoding="utf-8"))
    lead = next((block for block in blocks if block.kind == "text"), Block("text"))
    return Guide(name, plain(title.text), plain(lead.text), blocks)


def path_of(name: str) -> Path:
    language = (get_language() or "en").split("-")[0]
    path = FOLDER / language / f"{name}.md"
    return path if path.exists() else FOLDER / "en" / f"{name}.md"


def plain(pieces: Pieces) -> str:
    return "".join(text for text, _style in pieces)


def blocks_of(text: str) -> list[Block]:
    """Markdown as far as the guides use it. Nothing in it is HTML: templates escape every piece."""
    return [block_of(part) for part in re.split(r"\n\s*\n", text.strip())]


def block_of(part: str) -> Block:
    lines = part.splitlines()
    if part.startswith("#"):
        return Block("heading", pieces_of(part.lstrip("# ")))
    if all(line.startswith("    ") for line in lines):
        return Block("code", code="\n".join(line[4:] for line in lines))
    if ITEM.match(part):
        items = re.split(r"^(?:[-*]|\d+\.) ", part, flags=re.MULTILINE)
        return Block("steps" if part[0].isdigit() else "list", items=[pieces_of(item) for item in items if item.strip()])
    return Block("text", pieces_of(part))


def pieces_of(text: str) -> Pieces:
    """Split `code`, **strong** and *emphasis* out of a run of text."""
    found = []
    for piece in PIECE.split(" ".join(text.split())):
        mark = next((m for m in STYLES if len(piece) > 2 * len(m) and piece.startswith(m) and piece.endswith(m)), "")
        found.append((piece[len(mark) : len(piece) - len(mark)] if mark else piece, STYLES.get(mark, "")))
    return [(piece, style) for piece, style in found if piece]
