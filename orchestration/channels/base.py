"""Provider: a way to the outside. Each provider is one file in this folder; dropping it in is the registration."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol

from django import forms

import orchestration.channels
from schemas.discovery import found_in


@dataclass(frozen=True)
class OutgoingMessage:
    """One message, ready to leave: the envelope and the bytes."""

    id: int
    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True)
class Reply:
    """What the outside said, translated: `state` is a MessageState, `pause_run` is asked for on policy refusals."""

    state: str
    text: str
    code: int = 0
    pause_run: bool = False
    bad_address: bool = False


class Connection(Protocol):
    """A conversation with the outside in two halves, around the point of no return."""

    def offer(self, message: OutgoingMessage) -> Reply | None:
        """Everything up to, but not including, the final dot. A reply means refused; None means ready to commit."""

    def still_there(self) -> bool:
        """False when the other side already hung up, so that nothing has been accepted."""

    def commit(self) -> Reply:
        """The final dot. From here nobody can take it back; a missing answer is `unknown`."""

    def abandon(self) -> None:
        """Drop the offered message without sending it."""


class Provider:
    """One way to send. Subclasses give the class attributes and `connect`; the docstring is the help page."""

    key: ClassVar[str]
    label: ClassVar[Any]
    channel: ClassVar[str]
    Form: ClassVar[type[forms.Form]] = forms.Form
    secret_fields: ClassVar[tuple[str, ...]] = ()

    def connect(self, settings: dict[str, Any]) -> AbstractContextManager[Connection]:
        """Open a connection; raises SendError when the outside does not answer or refuses us."""
        raise NotImplementedError

    def probe(self, settings: dict[str, Any]) -> str:
        """Try the account without sending; returns a sentence, or raises SendError."""
        raise NotImplementedError


@cache
def registry() -> dict[str, Provider]:
    """All providers by key, found by importing every file of this folder."""
    return found_in(orchestration.channels, Provider)


def provider_choices() -> list[tuple[str, Any]]:
    """Callable, so that a new provider needs no migration."""
    return [(key, provider.label) for key, provider in registry().items()]
