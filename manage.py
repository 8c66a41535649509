#!/usr/bin/env python3
"""Run any command; on a machine without the packages, make .venv first and go on inside it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def ensure_environment() -> None:
    """Install the pinned requirements into .venv and continue there, unless we are in an environment of one's own."""
    if sys.version_info < (3, 11):  # noqa: UP036, an older Python deserves a sentence
        sys.exit(f"Tutti needs Python 3.11 or newer; this is {sys.version.split()[0]}. Run it with a newer python3.")
    own_environment = sys.prefix != sys.base_prefix and Path(sys.prefix).resolve() != VENV
    if own_environment:
        return
    wanted = HERE / ("requirements-dev.txt" if sys.argv[1:2] == ["test"] else "requirements.txt")
    pinned = b"".join((HERE / name).read_bytes() for name in ("requirements.txt", wanted.name))
    stamp = VENV / f"{wanted.name}.sha256"
    digest = hashlib.sha256(pinned).hexdigest()
    python = VENV / "bin" / "python"
    if not (python.exists() and stamp.exists() and stamp.read_text() == digest):
        say(f"Installing {wanted.name} into {VENV} (once, about a minute) ...")
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(
                f"Tutti could not prepare {VENV}: {error}.\n"
                "Check that Python's venv module is there (Debian: apt install python3-venv) and that pip can reach its index, then run the command again."
            )
        stamp.write_text(digest)
    if Path(sys.prefix).resolve() != VENV:
        os.execv(str(python), [str(python), str(HERE / "manage.py"), *sys.argv[1:]])


def main() -> None:
    ensure_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestration.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
