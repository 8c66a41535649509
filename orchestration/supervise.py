"""Keeps a set of processes alive: starts them, starts again what dies, stops all of them in good order."""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15
CALM_SECONDS = 30  # a process that lived this long may be restarted at once
LONGEST_PAUSE = 10.0


class AlreadyRunning(Exception):
    """Another quickstart owns this folder."""


@dataclass
class Program:
    """One process to keep alive. `stop_signal` is what it understands as a wish to end in good order."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    before_start: Callable[[], None] | None = None
    ends_whole: bool = False  # what it started holds its port and is of no use without it; a sender's child may finish its mail
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    not_before: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Owns the programs of one folder; a second one in the same folder is refused."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self.programs: list[Program] = []
        self.register = folder / "processes.json"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Held while we live; the kernel lets go of it however we die."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "lock", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning from error
            self.end_leftovers()
            yield

    def start(self, program: Program) -> None:
        self.programs.append(program)
        self.launch(program)

    def launch(self, program: Program) -> None:
        if program.process and program.ends_whole:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.process.pid, signal.SIGKILL)
        if program.before_start:
            program.before_start()
        (self.folder / "log").mkdir(exist_ok=True)
        with open(self.folder / "log" / f"{program.name}.log", "ab") as log:
            program.process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/" if program.name == "postgres" else None,
                env={**os.environ, **program.environment},
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the others in order
                preexec_fn=die_with_parent,
            )
        program.started_at = time.monotonic()
        self.note()

    def check(self) -> None:
        """Start again what died; something that keeps dying is given a longer and longer rest."""
        for program in self.programs:
            if program.alive or time.monotonic() < program.not_before:
                continue
            if program.not_before == 0.0:
                self.plan_restart(program)
                if time.monotonic() < program.not_before:
                    continue
            program.not_before = 0.0
            self.launch(program)

    def plan_restart(self, program: Program) -> None:
        lived = time.monotonic() - program.started_at
        program.quick_deaths = 0 if lived > CALM_SECONDS else program.quick_deaths + 1
        pause = min(0.2 * 2**program.quick_deaths, LONGEST_PAUSE)
        program.not_before = time.monotonic() + pause
        code = program.process.returncode if program.process else None
        log = self.folder / "log" / f"{program.name}.log"
        self.say(f"{program.name} ended ({ending(code)}); starting it again. Its log: {log}")

    def stop(self) -> None:
        """End everything, the last started first, so that the databases outlive those who use them."""
        for group in ([p for p in self.programs if p.name not in SERVERS], [p for p in self.programs if p.name in SERVERS]):
            for program in reversed(group):
                if program.alive and program.process:
                    program.process.send_signal(program.stop_signal)
            deadline = time.monotonic() + STOP_SECONDS
            for program in reversed(group):
                wait_or_kill(program, deadline)
        self.programs.clear()
        self.register.unlink(missing_ok=True)

    # --- what an earlier supervisor left behind -----------------------------------------------------------------

    def note(self) -> None:
        """Remember who runs, with each process's start time, so that a reused number is never mistaken for ours."""
        known = {p.name: [p.process.pid, born(p.process.pid), p.stop_signal] for p in self.programs if p.alive and p.process}
        draft = self.register.with_suffix(".new")
        draft.write_text(json.dumps(known))
        draft.replace(self.register)

    def end_leftovers(self) -> None:
        if not self.register.exists():
            return
        left = {name: entry for name, entry in json.loads(self.register.read_text()).items() if born(entry[0]) == entry[1]}
        for name, (pid, _, stop_signal) in sorted(left.items(), key=lambda item: item[0] in SERVERS):
            self.say(f"Ending {name}, left over from an earlier start.")
            end_stranger(pid, stop_signal)
        self.register.unlink(missing_ok=True)


SERVERS = {"postgres", "valkey"}


def ending(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit {code}"


def born(pid: int) -> str:
    """The kernel's start time of a process, or nothing when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def end_stranger(pid: int, stop_signal: int) -> None:
    started = born(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    deadline = time.monotonic() + STOP_SECONDS
    while started and born(pid) == started:
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def wait_or_kill(program: Program, deadline: float) -> None:
    if not program.process:
        return
    try:
        program.process.wait(timeout=max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        program.process.kill()
        program.process.wait()


def die_with_parent() -> None:
    """Runs in the child: when the supervisor is killed, the kernel ends the child as well."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
