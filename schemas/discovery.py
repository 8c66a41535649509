"""Discovery: a class dropped into a folder is found; this is all the registration there is."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def found_in(folder: ModuleType, base: type[T]) -> dict[str, T]:
    """One instance of each subclass of `base` in the folder's files, by its `key`, in the order of the keys.

    Raises RuntimeError when two have the same key, naming both files; a file that cannot be imported stops the site.
    """
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
    found: dict[str, T] = {}
    for cls in subclasses(base):
        if cls.__module__.startswith(f"{folder.__name__}."):
            if cls.key in found:
                raise RuntimeError(f"Two are called “{cls.key}”: {cls.__module__} and {type(found[cls.key]).__module__}.")
            found[cls.key] = cls()
    return dict(sorted(found.items()))


def subclasses(cls: type[Any]) -> Iterator[Any]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)
