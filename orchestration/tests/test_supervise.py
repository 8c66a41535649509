"""The supervisor: what dies comes back, what is left over is ended, and only one may own a folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.supervise import AlreadyRunning, Program, Supervisor, born

FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    keeper = Supervisor(tmp_path, said.append)
    with keeper.lock():
        yield keeper
        keeper.stop()


def test_it_works(supervisor: Supervisor) -> None:
    supervisor.start(Program("sleeper", FOREVER))
    process = supervisor.programs[0].process
    assert process and process.poll() is None
    supervisor.stop()
    assert process.poll() == -signal.SIGTERM
    assert not supervisor.register.exists()


def test_it_starts_again_what_was_killed(supervisor: Supervisor, said: list[str]) -> None:
    program = Program("sleeper", FOREVER)
    supervisor.start(program)
    assert program.process
    first = program.process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not program.alive)
    until(lambda: supervisor.check() or program.alive)  # type: ignore[func-returns-value]
    assert program.process.pid != first
    assert "SIGKILL" in said[0]


def test_it_ends_what_a_killed_one_started(supervisor: Supervisor, tmp_path: Path) -> None:
    """Orphans of a killed web server would hold its port."""
    code = f"import subprocess, sys, signal; c = subprocess.Popen({FOREVER!r}); print(c.pid, flush=True); signal.pause()"
    program = Program("web", [sys.executable, "-c", code], ends_whole=True)
    supervisor.start(program)
    log = tmp_path / "log" / "web.log"
    until(lambda: log.read_text().strip() != "")
    child = int(log.read_text())
    assert program.process
    program.process.kill()
    program.process.wait()
    until(lambda: supervisor.check() or program.alive)  # type: ignore[func-returns-value]
    until(lambda: not Path(f"/proc/{child}/stat").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())


def test_it_rests_longer_the_more_often_something_dies(supervisor: Supervisor) -> None:
    program = Program("hopeless", [sys.executable, "-c", "raise SystemExit(3)"])
    supervisor.start(program)
    until(lambda: not program.alive)
    supervisor.plan_restart(program)
    first = program.not_before - time.monotonic()
    supervisor.plan_restart(program)
    assert program.not_before - time.monotonic() > first > 0


def test_it_refuses_a_second_owner(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunning), Supervisor(tmp_path, print).lock():
        pass


def test_it_ends_what_an_earlier_one_left(tmp_path: Path, said: list[str]) -> None:
    left = subprocess.Popen(FOREVER)
    (tmp_path / "processes.json").write_text(json.dumps({"web": [left.pid, born(left.pid), signal.SIGTERM]}))
    # Somebody must collect the dead child, as init does for a real orphan.
    keeper = Supervisor(tmp_path, said.append)
    collector = subprocess.Popen([sys.executable, "-c", ""])
    collector.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.supervise.born", lambda pid: "" if left.poll() is not None else born(pid))
        with keeper.lock():
            assert left.wait(timeout=5) == -signal.SIGTERM
    assert said == ["Ending web, left over from an earlier start."]


def test_it_never_ends_a_stranger_with_a_reused_number(tmp_path: Path) -> None:
    stranger = subprocess.Popen(FOREVER)
    try:
        (tmp_path / "processes.json").write_text(json.dumps({"web": [stranger.pid, "12345", signal.SIGTERM]}))
        with Supervisor(tmp_path, print).lock():
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_its_children_die_with_it(tmp_path: Path) -> None:
    code = (
        "import sys, signal; from pathlib import Path; from orchestration.supervise import *\n"
        f"s = Supervisor(Path({str(tmp_path)!r}), print)\n"
        f"s.start(Program('child', {FOREVER!r})); print(s.programs[0].process.pid, flush=True); signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: Path(f"/proc/{child}/stat").exists() is False or " Z " in Path(f"/proc/{child}/stat").read_text())
