"""From an empty machine to a working site with one command."""

import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from orchestration.demo import run_demo
from orchestration.embedded import EmbeddedError
from orchestration.people import ensure_people
from orchestration.preparation import NotReady, check_database, check_mail, check_port, check_redis, free_port, install_browser_libraries
from orchestration.supervise import AlreadyRunning, Program, Supervisor
from orchestration.translations import compile_all

HOST = "127.0.0.1"
WORKERS = {"run": 2, "send": 2, "io": 1, "default": 1}
WEB_SECONDS = 60


class Command(BaseCommand):
    help = "Starts the whole site on this machine: databases, web, workers, clock and a local inbox. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the site answers (default 8000)")
        parser.add_argument("--no-sample", action="store_true", help="start without the sample shop")
        parser.add_argument("--reset", action="store_true", help="forget everything under var/ first")
        parser.add_argument("--demo", action="store_true", help="run the sample campaign to its end, print the figures, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(Path(settings.VAR_DIR), self.say)
        signal.signal(signal.SIGTERM, interrupt)
        code = 0
        try:
            with supervisor.lock():
                try:
                    code = self.run(supervisor, options)
                except KeyboardInterrupt:
                    self.say("")
                finally:
                    self.say("Stopping ...")
                    connection.close()
                    supervisor.stop()
        except AlreadyRunning as error:
            raise CommandError(f"Tutti already runs in {settings.VAR_DIR}. Stop it with Ctrl-C in its terminal first.") from error
        except (NotReady, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        self.say("Stopped.")
        sys.exit(code)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    # --- the steps ----------------------------------------------------------------------------------------------

    def run(self, supervisor: Supervisor, options: dict[str, Any]) -> int:
        port = free_port(HOST, options["port"]) if options["demo"] else options["port"]
        check_port(HOST, port, "--port")
        if options["reset"]:
            self.reset()
        inbox_port = free_port(HOST, settings.INBOX_PORT)
        self.point_links_and_mail(port, inbox_port)
        install_browser_libraries(self.say)
        self.start_servers(supervisor)
        self.prepare_data(options)
        for program in self.programs(port, inbox_port):
            supervisor.start(program)
        self.wait_for_web(supervisor, port)
        if options["demo"]:
            return run_demo(f"http://{HOST}:{port}", self.say)
        self.greet(port)
        while True:
            supervisor.check()
            time.sleep(0.5)

    def point_links_and_mail(self, port: int, inbox_port: int) -> None:
        """Links in mail lead to this site, and mail goes to the local inbox, unless the environment says otherwise."""
        os.environ.setdefault("BASE_URL", f"http://{HOST}:{port}")
        settings.BASE_URL = os.environ["BASE_URL"]
        if not os.environ.get("EMAIL_URL"):
            settings.INBOX_PORT = inbox_port
            settings.EMAIL_URL = f"smtp://{HOST}:{inbox_port}"
            os.environ["INBOX_PORT"] = str(inbox_port)
        else:
            check_mail(settings.EMAIL_URL)

    def reset(self) -> None:
        if os.environ.get("DATABASE_URL"):
            raise NotReady(
                "--reset only forgets the embedded database. Empty the one in DATABASE_URL yourself, then start without --reset."
            )
        if sys.stdin.isatty() and input(f"Everything under {settings.VAR_DIR} will be forgotten. Type yes to go on: ").strip() != "yes":
            raise NotReady("Nothing was changed.")
        for path in (
            settings.EMBEDDED.data,
            *(Path(settings.VAR_DIR) / name for name in ("valkey", "files", "journal", "log", "sign-ins.json")),
        ):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def start_servers(self, supervisor: Supervisor) -> None:
        """The embedded servers, except where the environment names others; those are only checked."""
        embedded = settings.EMBEDDED
        own_database, own_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
        if own_database or own_redis:
            embedded.prepare()
        if own_database:
            self.say("Starting PostgreSQL ...")
            supervisor.start(
                Program("postgres", embedded.postgres_command(), stop_signal=signal.SIGINT, before_start=embedded.remove_stale_lock)
            )
        if own_redis:
            supervisor.start(Program("valkey", embedded.valkey_command()))
        embedded.wait_until_ready([p.process for p in supervisor.programs if p.process], own_database, own_redis)
        check_database(os.environ.get("DATABASE_URL") or embedded.database_url)
        check_redis(settings.REDIS_URL)

    def prepare_data(self, options: dict[str, Any]) -> None:
        compile_all()
        self.say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        self.people = ensure_people(Path(settings.VAR_DIR))
        if not options["no_sample"]:
            call_command("load_sample", stdout=self.stdout)

    def programs(self, port: int, inbox_port: int) -> list[Program]:
        """What runs beside the servers. Each worker has one queue: with several, a killed worker would lose a job."""
        manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
        web = [
            sys.executable,
            "-m",
            "gunicorn",
            "orchestration.wsgi",
            "--bind",
            f"{HOST}:{port}",
            "--workers",
            "2",
            "--threads",
            "4",
            "--timeout",
            "120",
        ]
        found = [Program("web", web, ends_whole=True)]
        for queue, number in WORKERS.items():
            found += [Program(f"worker-{queue}-{n}", [*manage, "work", queue]) for n in range(1, number + 1)]
        found.append(Program("clock", [*manage, "run_clock"]))
        found.append(Program("figures", [*manage, "roll_up", "--every", "5"]))
        if not os.environ.get("EMAIL_URL"):
            found.append(Program("inbox", [*manage, "run_inbox"]))
        return found

    def wait_for_web(self, supervisor: Supervisor, port: int) -> None:
        deadline = time.monotonic() + WEB_SECONDS
        while time.monotonic() < deadline:
            supervisor.check()
            try:
                with urllib.request.urlopen(f"http://{HOST}:{port}/admin/login/", timeout=10):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise NotReady(f"The web server did not start; see {settings.VAR_DIR}/log/web.log.")

    def greet(self, port: int) -> None:
        self.say("")
        self.say(f"Tutti is ready: {self.style.SUCCESS(f'http://{HOST}:{port}/')}")
        self.say("Sign in as:")
        for role, (name, password) in self.people.items():
            self.say(f"  {role:<10} {name:<10} {password}")
        self.say(f"The passwords are kept in {settings.VAR_DIR}/sign-ins.json. Ctrl-C stops everything.")


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
