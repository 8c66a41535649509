"""The embedded servers: they start anywhere, keep their data, and come back after a kill."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from orchestration.embedded import SOCKET_PATH_LIMIT, Embedded, EmbeddedError, stop


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    server = Embedded(tmp_path / "var", durable=False)
    started = server.start()
    yield server
    stop(started)


def test_it_keeps_data_through_a_kill(tmp_path: Path) -> None:
    server = Embedded(tmp_path / "var")
    first = server.start()
    with psycopg.connect(server.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for process in first:
        process.send_signal(signal.SIGKILL)
        process.wait()
    second = server.start()
    try:
        with psycopg.connect(server.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        stop(second)


def test_it_uses_what_already_runs_and_opens_no_port(embedded: Embedded) -> None:
    assert embedded.start() == []
    with psycopg.connect(embedded.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT upper('é')").fetchone() == ("É",)


def test_it_moves_sockets_when_the_path_is_too_long(tmp_path: Path) -> None:
    deep = Embedded(tmp_path / ("x" * SOCKET_PATH_LIMIT))
    assert len(os.fsencode(str(deep.sockets))) < SOCKET_PATH_LIMIT
    assert deep.sockets != Embedded(tmp_path / ("y" * SOCKET_PATH_LIMIT)).sockets


def test_it_forgets_the_lock_of_a_server_that_is_gone(tmp_path: Path) -> None:
    server = Embedded(tmp_path)
    lock = server.data / "postmaster.pid"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{os.getpid()}\n")  # a living process, but no PostgreSQL
    server.remove_stale_lock()
    assert not lock.exists()


def test_it_says_where_to_look_when_a_server_will_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Embedded(tmp_path / "var", durable=False)
    monkeypatch.setattr(Embedded, "postgres_command", lambda self: ["false"])
    with pytest.raises(EmbeddedError, match="did not start; see .*log"):
        server.start()


def test_it_says_what_to_do_without_any_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.embedded.importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("orchestration.embedded.Path.glob", lambda self, pattern: iter(()))
    with pytest.raises(EmbeddedError, match="DATABASE_URL"):
        Embedded(tmp_path).binary("postgres")
