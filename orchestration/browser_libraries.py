"""Serves the browser libraries that npm installed, straight out of node_modules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# What pages may load, and under which name (below /static/libraries/).
LIBRARIES = {
    "x6.min.js": "@antv/x6/dist/x6.min.js",
    "dagre.min.js": "@dagrejs/dagre/dist/dagre.min.js",
}
PREFIX = "libraries/"


def node_modules() -> Path:
    return Path(settings.BASE_DIR) / "node_modules"


class LibraryStorage(FileSystemStorage):
    """Shows the chosen files under their short names."""

    def __init__(self) -> None:
        super().__init__(location=node_modules(), base_url=settings.STATIC_URL)

    def path(self, name: str) -> str:
        return str(node_modules() / LIBRARIES[name.removeprefix(PREFIX)])


class NodeModulesFinder(BaseFinder):
    """Finds libraries/<name> among LIBRARIES; nothing else in node_modules can be reached."""

    def __init__(self, app_names: object = None, *args: object, **kwargs: object) -> None:
        self.storage = LibraryStorage()

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = LIBRARIES.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        found = node_modules() / source if source else None
        if not found or not found.exists():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Any) -> Iterator[Any]:
        for name, source in LIBRARIES.items():
            if (node_modules() / source).exists():
                yield PREFIX + name, self.storage
