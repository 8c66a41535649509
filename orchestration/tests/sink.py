"""A mail server for tests that can misbehave at every point of the conversation, and says what it really accepted."""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GREETING, EHLO, MAIL, RCPT, DATA, BODY, DOT = "greeting", "ehlo", "mail", "rcpt", "data", "body", "dot"
DROP, DROP_AFTER_ACCEPTING, SILENT, SLOW = "drop", "drop after accepting", "silent", "slow"


class Sink(threading.Thread):
    """`rule(stage, text)` gives a reply as bytes, one of the words above, or None for the usual reply."""

    def __init__(self, rule: Callable[[str, str], Any] | None = None) -> None:
        super().__init__(daemon=True)
        self.rule = rule or (lambda stage, text: None)
        self.accepted: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.released = threading.Event()  # lets slow replies go
        self.reached = threading.Event()  # a slow or silent point was reached
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                connection, _peer = self.server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as lines:
                self.conversation(connection, lines)
        except OSError:
            return

    def conversation(self, connection: socket.socket, lines: Any) -> None:
        if not self.say(connection, GREETING, "", b"220 sink ESMTP"):
            return
        for raw in lines:
            word, text = raw[:4].upper().decode("ascii", "replace").strip(), raw.decode("utf-8", "replace").strip()
            if word in ("EHLO", "HELO") and not self.say(connection, EHLO, text, b"250-sink\r\n250 SIZE 10000000"):
                return
            if word == "MAIL" and not self.say(connection, MAIL, text, b"250 2.1.0 ok"):
                return
            if word == "RCPT":
                self.recipients.append(text)
                if not self.say(connection, RCPT, text, b"250 2.1.5 ok"):
                    return
            if word == "AUTH":
                connection.sendall(b"535 5.7.8 no\r\n")
            if word in ("RSET", "NOOP"):
                connection.sendall(b"250 ok\r\n")
            if word == "QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            if word == "DATA" and not self.data(connection, lines, text):
                return

    def data(self, connection: socket.socket, lines: Any, text: str) -> bool:
        answer = self.rule(DATA, text)
        if answer:
            return self.give(connection, answer)
        connection.sendall(b"354 go on\r\n")
        if self.rule(BODY, "") == DROP:
            lines.readline()
            self.reset(connection)
            return False
        body = b""
        for raw in lines:
            if raw == b".\r\n":
                return self.dot(connection, body)
            body += raw.removeprefix(b".") if raw.startswith(b"..") else raw
        return False  # the client went away before the dot: nothing was accepted

    def dot(self, connection: socket.socket, body: bytes) -> bool:
        found = re.search(rb"^Message-ID: (\S+)", body, re.M)
        answer = self.rule(DOT, found[1].decode() if found else "")
        if answer == DROP:
            self.reset(connection)
            return False
        if answer is None or answer in (DROP_AFTER_ACCEPTING, SLOW):
            self.accepted.append(body)
        if answer == DROP_AFTER_ACCEPTING:
            self.reset(connection)
            return False
        if answer in (SLOW, SILENT):
            self.reached.set()
            self.released.wait(10)
            answer = b"250 late"
        connection.sendall((answer or b"250 2.0.0 queued") + b"\r\n")
        return True

    def say(self, connection: socket.socket, stage: str, text: str, usual: bytes) -> bool:
        return self.give(connection, self.rule(stage, text) or usual)

    def give(self, connection: socket.socket, answer: Any) -> bool:
        """Say it; False when the conversation is over."""
        if answer == DROP:
            self.reset(connection)
            return False
        connection.sendall(answer + b"\r\n")
        return not answer.startswith((b"421", b"554"))

    def reset(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    @property
    def ids(self) -> list[str]:
        found = [re.search(rb"^Message-ID: (\S+)", body, re.M) for body in self.accepted]
        return [match[1].decode() for match in found if match]


@contextmanager
def sink(rule: Callable[[str, str], Any] | None = None) -> Iterator[Sink]:
    running = Sink(rule)
    running.start()
    try:
        yield running
    finally:
        running.released.set()
        running.server.shutdown(socket.SHUT_RDWR)
        running.server.close()
