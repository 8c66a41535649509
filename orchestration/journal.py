"""Journal: what one sending process was about to do, on disk before it does it; a killed process leaves it behind.

The lock on the file is the kernel's proof of life: it is held for as long as the process lives, stopped or slow.
Nothing is synced, for the page cache outlives a process; after the loss of a host missing lines mean `unknown`.
"""

import errno
import fcntl
import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings

from orchestration.channels.base import Reply

OWNER = re.compile(r"^[A-Za-z0-9._-]+:\d+:[0-9a-f]+$")
WORKING, DOT, ANSWER = "W", "D", "A"  # rendering begins; the final dot leaves now; this came back


def folder() -> Path:
    path = Path(settings.VAR_DIR) / "journal"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(owner: str) -> Path:
    if not OWNER.match(owner):
        raise ValueError(f"Not the name of a journal: {owner!r}")
    return folder() / f"{owner}.log"


class Journal:
    """The open journal of this process; `owner` is its name in the ledger."""

    def __init__(self) -> None:
        host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:80] or "host"
        self.owner = f"{host}:{os.getpid()}:{secrets.token_hex(6)}"
        self.path = path_of(self.owner)
        self.clean = True  # everything written here is in the ledger too
        self.file = self.open()

    def open(self) -> int:
        """Open and lock; once more if the reaper cleared the new file away before it was locked."""
        while True:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink:
                return file
            os.close(file)

    def write(self, mark: str, message: int, claim: str, reply: Reply | None = None) -> None:
        """One line by one write(2); a line that does not fit on the disk is an error."""
        words = [mark, str(message), claim] + ([json.dumps(asdict(reply))] if reply else [])
        line = (" ".join(words) + "\n").encode()
        if os.write(self.file, line) != len(line):
            raise OSError(errno.ENOSPC, "The journal is full.")

    def close(self) -> None:
        """What is in the ledger needs no journal; the rest is left for the reaper."""
        if self.clean:
            self.path.unlink(missing_ok=True)
        os.close(self.file)


@contextmanager
def opened() -> Iterator[Journal]:
    book = Journal()
    try:
        yield book
    finally:
        book.close()


@dataclass
class Verdicts:
    """What a dead process had written, by message and claim."""

    marks: dict[tuple[int, str], str] = field(default_factory=dict)
    replies: dict[tuple[int, str], Reply] = field(default_factory=dict)
    last: tuple[int, str] | None = None  # the one it was working on

    def mark(self, message: int, claim: str) -> str:
        return self.marks.get((message, claim), "")


@contextmanager
def examine(owner: str) -> Iterator[Verdicts | None]:
    """The verdicts of a process that is dead for certain; None when it lives, or its journal is not here."""
    file = None
    try:
        try:
            file = os.open(path_of(owner), os.O_RDWR | os.O_CLOEXEC)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, ValueError, BlockingIOError):
            yield None
            return
        with open(file, "rb", closefd=False) as stream:
            yield read(stream.read())
    finally:
        if file is not None:
            os.close(file)


def read(data: bytes) -> Verdicts:
    """A line that was cut off does not count: its writing failed, so what it announces was not done."""
    found = Verdicts()
    for line in data.decode("utf-8", "replace").split("\n"):
        words = line.split(" ", 3)
        if len(words) < 3 or not words[1].isdigit():
            continue
        key = (int(words[1]), words[2][:36])
        found.last = key
        if words[0] == ANSWER:
            found.marks[key] = ANSWER
            try:
                found.replies[key] = Reply(**json.loads(words[3]))
            except (ValueError, TypeError, IndexError):
                found.marks[key] = DOT
        else:
            found.marks[key] = words[0]
    return found


def discard(owner: str) -> None:
    """To be called while `examine` holds the lock, when the ledger needs nothing of it any more."""
    path_of(owner).unlink(missing_ok=True)


def owners() -> list[str]:
    return [path.stem for path in folder().glob("*.log")]
