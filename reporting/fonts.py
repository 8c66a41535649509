"""The fonts of our PDFs: embedded, and honest about characters that they do not have."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import reportlab
from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

DEJAVU = Path(settings.BASE_DIR) / "node_modules" / "dejavu-fonts-ttf" / "ttf"
VERA = Path(reportlab.__file__).parent / "fonts"
RIGHT_TO_LEFT = {"R", "AL"}
INVISIBLE = {"Cc", "Cf"}  # controls and marks of direction have no glyph and need none; so have variation selectors


@cache
def registered() -> tuple[str, str]:
    """The names of the normal and the bold font: DejaVu Sans, or Vera from reportlab where node_modules is missing."""
    files = (DEJAVU / "DejaVuSans.ttf", DEJAVU / "DejaVuSans-Bold.ttf")
    if not all(path.exists() for path in files):
        files = (VERA / "Vera.ttf", VERA / "VeraBd.ttf")
    normal, bold = (path.stem for path in files)
    for name, path in zip((normal, bold), files, strict=True):
        pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(normal, normal=normal, bold=bold, italic=normal, boldItalic=bold)
    return normal, bold


@cache
def glyphs() -> frozenset[int]:
    """What both fonts can show."""
    return frozenset.intersection(*(frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in registered()))


@dataclass
class Writer:
    """Makes text printable, and remembers what could not be printed."""

    missing: set[str] = field(default_factory=set)

    def text(self, value: object) -> str:
        known = glyphs()
        box = "□" if ord("□") in known else "?"
        return visual(unicodedata.normalize("NFC", "".join(self.one(char, known, box) for char in str(value))))

    def one(self, char: str, known: frozenset[int], box: str) -> str:
        if char.isspace():
            return " " if ord(char) not in known or ord(char) < 32 else char
        if ord(char) in known:
            return char
        if unicodedata.category(char) in INVISIBLE or 0xFE00 <= ord(char) <= 0xFE0F:
            return ""
        self.missing.add(char)
        return box


def visual(text: str) -> str:
    """Right-to-left words in the order in which they are seen, since the PDF writer knows left to right only."""
    words, out, run = text.split(" "), [], []
    for word in words:
        if any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in word):
            run.append(joined(word)[::-1])
            continue
        out += run[::-1] + [word]
        run = []
    return " ".join(out + run[::-1])


@cache
def arabic_forms() -> dict[str, dict[str, str]]:
    """form → letter (or lam with alef) → the glyph of that form, as Unicode's own table gives them."""
    forms: dict[str, dict[str, str]] = {"<isolated>": {}, "<initial>": {}, "<medial>": {}, "<final>": {}}
    for code in range(0xFE80, 0xFEFD):
        form, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        if form in forms:
            forms[form]["".join(chr(int(letter, 16)) for letter in letters)] = chr(code)
    return forms


def joined(word: str) -> str:
    """Arabic letters in the form that their neighbours ask for; other scripts as they are."""
    forms = arabic_forms()
    letters: list[str] = []
    for char in word:
        if letters and letters[-1] + char in forms["<isolated>"]:
            letters[-1] += char  # lam and alef are written as one
        else:
            letters.append(char)
    out = []
    for n, letter in enumerate(letters):
        before = n > 0 and letters[n - 1] in forms["<initial>"] and letter in forms["<final>"]
        after = n + 1 < len(letters) and letter in forms["<initial>"] and letters[n + 1] in forms["<final>"]
        form = "<medial>" if before and after else "<final>" if before else "<initial>" if after else "<isolated>"
        glyph = forms[form].get(letter, letter)
        out.append(glyph if ord(glyph) in glyphs() else letter)
    return "".join(out)
