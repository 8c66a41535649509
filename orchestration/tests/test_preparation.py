"""Preparation: a clear sentence, never a stack trace, when something is missing."""

import socket

import pytest
from django.db.utils import OperationalError

from orchestration import preparation
from orchestration.preparation import NotReady, check_database, check_mail, check_port, check_redis, free_port, without_password


@pytest.fixture
def taken() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_it_works() -> None:
    port = free_port("127.0.0.1", 0)
    check_port("127.0.0.1", port, "--port")


def test_it_names_a_taken_port(taken: int) -> None:
    with pytest.raises(NotReady, match=f"Port {taken} is taken.*--port {taken + 10}"):
        check_port("127.0.0.1", taken, "--port")


def test_it_finds_another_port(taken: int) -> None:
    assert free_port("127.0.0.1", taken) != taken


def test_it_refuses_what_is_no_port() -> None:
    with pytest.raises(NotReady, match="70000 is not a port"):
        check_port("127.0.0.1", 70000, "--port")


def test_it_says_that_redis_does_not_answer() -> None:
    with pytest.raises(NotReady, match=r"redis://:\*\*\*@127.0.0.1:1/0 does not answer.*REDIS_URL"):
        check_redis("redis://:secret@127.0.0.1:1/0")


def test_it_refuses_an_old_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def info(self, section: str) -> dict[str, str]:
            return {"redis_version": "5.0.14"}

    monkeypatch.setattr(preparation.redis.Redis, "from_url", lambda *a, **k: Old())
    with pytest.raises(NotReady, match="version 5.0; Tutti needs 6.2"):
        check_redis("redis://somewhere")


@pytest.mark.django_db
def test_it_accepts_the_embedded_database() -> None:
    check_database("postgresql://tutti@/tutti")


def test_it_says_that_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(preparation.connection, "cursor", refuse)
    with pytest.raises(NotReady, match=r"postgresql://u:\*\*\*@h/d does not answer: connection refused. .*DATABASE_URL"):
        check_database("postgresql://u:secret@h/d")


def test_it_says_that_the_mail_server_does_not_answer() -> None:
    with pytest.raises(NotReady, match=r"smtp://me:\*\*\*@127.0.0.1:1 does not answer.*EMAIL_URL"):
        check_mail("smtp://me:secret@127.0.0.1:1")


def test_it_hides_passwords() -> None:
    assert without_password("redis://user:p:w@host/1") == "redis://user:***@host/1"
