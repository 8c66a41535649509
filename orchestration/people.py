"""People: the three sign-ins of a fresh site, made once and kept beside the data."""

import json
import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from orchestration.roles import APPROVER, MANAGER, MARKETER

SIGN_INS = "sign-ins.json"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
PEOPLE = {MARKETER: "marketer", APPROVER: "approver", MANAGER: "manager"}


def ensure_people(folder: Path) -> dict[str, tuple[str, str]]:
    """One person of each role exists; returns role → (username, password).

    Passwords are random, made when a person is, and kept in sign-ins.json for the owner's eyes only. An account that
    is there already stays as it is: where its password is not the kept one, the password returned is empty.
    """
    kept = read(folder / SIGN_INS)
    passwords = {username: kept.get(username) or new_password() for username in PEOPLE.values()}
    users = get_user_model().objects
    missing = [role for role, username in PEOPLE.items() if not users.filter(username=username).exists()]
    if missing:
        # The file first: a crash in between leaves a password without an account, never an account without a password.
        write(folder / SIGN_INS, kept | {PEOPLE[role]: passwords[PEOPLE[role]] for role in missing})
    for role in missing:
        make_person(role, PEOPLE[role], passwords[PEOPLE[role]])
    return {role: (username, known_password(username, passwords[username])) for role, username in PEOPLE.items()}


@transaction.atomic
def make_person(role: str, username: str, password: str) -> None:
    user = get_user_model().objects.create_user(username=username, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=role))


def known_password(username: str, password: str) -> str:
    user = get_user_model().objects.get(username=username)
    return password if user.check_password(password) else ""


def new_password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def read(path: Path) -> dict[str, str]:
    return json.loads(path.read_text()) if path.exists() else {}


def write(path: Path, sign_ins: dict[str, str]) -> None:
    """The whole file or nothing, and at no moment readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(f".{os.getpid()}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(sign_ins, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
