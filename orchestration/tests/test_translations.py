"""Every text of the code is in the French catalogue, translated, with the same placeholders; and compiling works."""

import ast
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.translation.template import templatize

from orchestration.translations import add_help, compile_all, help_texts, untranslated

OUR_FOLDERS = ("schemas", "campaigns", "orchestration", "reporting", "templates")
CATALOGUES = {domain: settings.BASE_DIR / "locale" / "fr" / "LC_MESSAGES" / f"{domain}.po" for domain in ("django", "djangojs")}
SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}  # their second text; the first is the context
STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%([sd])|\{(\w*)\}")


def files(*suffixes: str) -> Iterator[Path]:
    for name in OUR_FOLDERS:
        for path in sorted((settings.BASE_DIR / name).rglob("*")):
            if path.suffix in suffixes and not {"tests", "migrations", "node_modules"} & set(path.parts):
                yield path


def python_texts(path: Path) -> Iterator[str]:
    """The first literal of each call of a gettext function, both of ngettext, the text of pgettext."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        taken = node.args[:1] if name in SINGLE else node.args[:2] if name in PLURAL else node.args[1:2] if name in CONTEXT else []
        yield from (arg.value for arg in taken if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def template_texts(path: Path) -> Iterator[str]:
    """As makemessages sees templates: turned into calls of gettext."""
    calls = templatize(path.read_text(), origin=str(path))
    for function, first, second in re.findall(rf"\b([np]?gettext|_)\(u?{STRING}(?:,\s*u?{STRING})?", calls):
        taken = {"ngettext": (first, second), "pgettext": (second,)}.get(function, (first,))
        yield from (ast.literal_eval(text) for text in taken if text)


def script_texts(path: Path) -> Iterator[str]:
    for function, first, second in re.findall(rf"\b(n?gettext|translate|words|counted)\(\s*{STRING}(?:\s*,\s*{STRING})?", path.read_text()):
        yield from (ast.literal_eval(text) for text in ((first, second) if function in {"ngettext", "counted"} else (first,)) if text)


def extracted(domain: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    if domain == "djangojs":
        return {text: path for path in files(".js") for text in script_texts(path)}
    for path in files(".py", ".html", ".txt"):
        found |= dict.fromkeys((python_texts if path.suffix == ".py" else template_texts)(path), path)
    return found


def placeholders(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


@pytest.mark.parametrize("domain", CATALOGUES)
def test_every_text_of_the_code_is_in_the_catalogue(domain: str) -> None:
    entries = {text for entry in polib.pofile(str(CATALOGUES[domain])) if not entry.obsolete for text in (entry.msgid, entry.msgid_plural)}
    missing = {text: str(path.relative_to(settings.BASE_DIR)) for text, path in extracted(domain).items() if text not in entries}
    assert not missing, "run manage.py collect_texts"


@pytest.mark.parametrize("domain", CATALOGUES)
def test_every_text_is_translated(domain: str) -> None:
    catalogue = polib.pofile(str(CATALOGUES[domain]))
    assert len(catalogue) > 0
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("domain", CATALOGUES)
def test_translations_have_the_same_placeholders(domain: str) -> None:
    wrong = []
    for entry in polib.pofile(str(CATALOGUES[domain])).translated_entries():
        wanted = placeholders(entry.msgid) | placeholders(entry.msgid_plural)
        for text in [entry.msgstr] if not entry.msgid_plural else entry.msgstr_plural.values():
            found = placeholders(text)
            # A singular may leave out the number ("One row"), it may not invent a name.
            if found - wanted or (not entry.msgid_plural and found != wanted):
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_every_help_page_is_in_french() -> None:
    """Activities and providers explain themselves in their docstrings, which makemessages does not see."""
    translated = {entry.msgid for entry in polib.pofile(str(CATALOGUES["django"])).translated_entries()}
    assert {"Email", "Smtp"} <= set(help_texts().values())
    assert {name for text, name in help_texts().items() if text not in translated} == set(), "run manage.py collect_texts"


def test_help_survives_a_refresh(catalogue: Path) -> None:
    text = next(iter(help_texts()))
    add_help(catalogue, {text: "Une aide"})
    entries = {entry.msgid: entry for entry in polib.pofile(str(catalogue))}
    assert entries[text].msgstr == "Une aide" and entries["Yes"].msgstr == "Oui"
    assert set(help_texts()) <= set(entries)
    assert set(untranslated(catalogue)) == set(help_texts()) - {text}


def test_the_scan_sees_what_makemessages_sees(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "_('one') + ngettext('%(n)s row', '%(n)s rows', n) + gettext_lazy('two ' 'parts') + pgettext('figure', 'Sent') + other('no')"
    )
    (tmp_path / "a.html").write_text(
        '{% load i18n %}{% translate "It\'s" %}{% translate "May" context "month" %}{% blocktranslate with a=b %}Hello {{ a }}{% endblocktranslate %}'
    )
    (tmp_path / "a.js").write_text(
        "const a = gettext('Save'); b = ngettext(\"%s row\", '%s rows', n); c = notgettext('x') + translate('Go');"
    )
    assert set(python_texts(tmp_path / "a.py")) == {"one", "%(n)s row", "%(n)s rows", "two parts", "Sent"}
    assert set(template_texts(tmp_path / "a.html")) == {"It's", "May", "Hello %(a)s"}
    assert set(script_texts(tmp_path / "a.js")) == {"Save", "%s row", "%s rows", "Go"}


# --- compiling ----------------------------------------------------------------------------------------------------


@pytest.fixture
def catalogue(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    folder = tmp_path / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Yes"\nmsgstr "Oui"\n')
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return folder / "django.po"


def test_it_compiles_what_is_missing_or_older(catalogue: Path) -> None:
    compiled = catalogue.with_suffix(".mo")
    assert compile_all() == [compiled]
    assert polib.mofile(str(compiled)).find("Yes").msgstr == "Oui"
    assert compile_all() == []
    os.utime(compiled, (1, 1))
    assert compile_all() == [compiled]
    assert sorted(path.name for path in catalogue.parent.iterdir()) == ["django.mo", "django.po"], "nothing half-written stays"


def test_the_command_says_how_many(catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("compile_translations")
    call_command("compile_translations")
    assert capsys.readouterr().out.splitlines() == ["1 translation compiled.", "0 translations compiled."]


def test_a_broken_catalogue_leaves_the_old_one(catalogue: Path) -> None:
    compile_all()
    before = catalogue.with_suffix(".mo").read_bytes()
    shutil.copy(catalogue, catalogue.with_suffix(".bak"))
    catalogue.write_text("this is no catalogue")
    os.utime(catalogue.with_suffix(".mo"), (1, 1))
    with pytest.raises(OSError):
        compile_all()
    assert catalogue.with_suffix(".mo").read_bytes() == before
