"""What every test may use."""

from collections.abc import Iterator

import pytest

from orchestration.translations import compile_all


@pytest.fixture(autouse=True, scope="session")
def spoken_languages() -> None:
    """A fresh clone has no compiled translations yet."""
    compile_all()


@pytest.fixture(autouse=True)
def own_files(tmp_path, settings) -> Iterator[None]:
    """Each test writes its files to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "files"
    yield
