"""run_inbox: a mail server for trying things out. What is sent to it is shown on the page of the local inbox and goes nowhere else."""

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from orchestration.inbox import store

log = logging.getLogger(__name__)


class Keeper:
    """Answers "ok" only when the mail is in the database."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")  # one connection to the database

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.keep, envelope.mail_from or "", envelope.rcpt_tos, raw)

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> str:
        try:
            store(sender, recipients, raw)
        except DatabaseError as error:
            log.warning("A mail was not accepted: %s", type(error).__name__)
            connection.close()
            return "451 4.3.0 The inbox cannot reach its database, try again later"
        return "250 2.0.0 Kept"


class Command(BaseCommand):
    help = "Receives mail for the local inbox until it is stopped."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--port", type=int, default=None, help="default: settings.INBOX_PORT")

    def handle(self, *args: Any, port: int | None = None, **options: Any) -> None:
        try:
            asyncio.run(serve(settings.INBOX_HOST, port if port is not None else settings.INBOX_PORT, self.stdout.write))
        except OSError as error:
            raise CommandError(
                f"The local inbox cannot listen on port {port or settings.INBOX_PORT}: {error}. Set INBOX_PORT to a free port."
            ) from error


async def serve(host: str, port: int, say: Any) -> None:
    loop, over, keeper = asyncio.get_running_loop(), asyncio.Event(), Keeper()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def session() -> SMTP:
        return SMTP(keeper, hostname=settings.SENDING_DOMAIN, ident="Tutti inbox", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(session, host, port)
    async with server:
        say(f"Local inbox: {host}:{server.sockets[0].getsockname()[1]}")
        await over.wait()
    keeper.thread.shutdown()
