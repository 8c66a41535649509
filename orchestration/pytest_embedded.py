"""Starts PostgreSQL and Valkey for the tests, under var/test/, before Django reads its settings."""

import os
import subprocess
from pathlib import Path

import pytest

from orchestration.embedded import Embedded, stop

HERE = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
OURS = "TUTTI_TESTS_OWN_REDIS"  # tells the workers that the address is not the user's

os.environ.setdefault("TUTTI_VAR", str(HERE / "var" / "test"))
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs an event loop in the tests' thread
embedded = Embedded(Path(os.environ["TUTTI_VAR"]), durable=False)
if "REDIS_URL" not in os.environ or OURS in os.environ:
    # Each worker has queues of its own, as it has a database of its own: the ids in both are the same.
    number = int(WORKER.removeprefix("gw") or 0) % 16
    os.environ[OURS] = "1"
    os.environ["REDIS_URL"] = embedded.redis_url.replace("db=0", f"db={number}")
started: list[subprocess.Popen[bytes]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Workers of xdist find the servers of the process that started them."""
    if WORKER or (os.environ.get("DATABASE_URL") and OURS not in os.environ):
        return
    started.extend(embedded.start())


def pytest_unconfigure(config: pytest.Config) -> None:
    stop(started)
    started.clear()
