"""Discovery: a file dropped into a folder is found, and a clash names both files."""

import importlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from schemas.discovery import found_in


class Plugin:
    key = ""


NUMBER = itertools.count()
CODE = "from schemas.tests.test_discovery import Plugin\n\n\nclass It(Plugin):\n    key = {key!r}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    name = f"shelf_{next(NUMBER)}"  # classes of an earlier test live on until they are collected
    shelf = tmp_path / name
    shelf.mkdir()
    (shelf / "__init__.py").touch()
    (shelf / "b.py").write_text(CODE.format(key="b"))
    (shelf / "a.py").write_text(CODE.format(key="a"))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module(name)
    for module in [module for module in sys.modules if module.split(".")[0] == name]:
        del sys.modules[module]


def test_it_works(folder: ModuleType) -> None:
    assert [(key, type(one).__name__) for key, one in found_in(folder, Plugin).items()] == [("a", "It"), ("b", "It")]


def test_it_refuses_two_of_one_name(folder: ModuleType) -> None:
    (Path(folder.__path__[0]) / "c.py").write_text(CODE.format(key="a"))
    importlib.invalidate_caches()
    with pytest.raises(RuntimeError, match=r"“a”: shelf_\d+\.[ac] and shelf_\d+\.[ac]"):
        found_in(folder, Plugin)


def test_it_does_not_hide_a_broken_file(folder: ModuleType) -> None:
    (Path(folder.__path__[0]) / "broken.py").write_text("import nothing_of_that_name\n")
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError):
        found_in(folder, Plugin)
