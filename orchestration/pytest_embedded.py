"""Starts PostgreSQL and Valkey for the tests, under var/test/, before Django reads its settings."""

import os
from pathlib import Path

import pytest

from orchestration.embedded import Embedded, stop

HERE = Path(__file__).resolve().parent.parent
os.environ.setdefault("TUTTI_VAR", str(HERE / "var" / "test"))
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs an event loop in the tests' thread
embedded = Embedded(Path(os.environ["TUTTI_VAR"]), durable=False)
started = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Workers of xdist find the servers of the process that started them."""
    if os.environ.get("PYTEST_XDIST_WORKER") or (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        return
    started.extend(embedded.start())


def pytest_unconfigure(config: pytest.Config) -> None:
    stop(started)
    started.clear()
