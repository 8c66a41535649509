"""Three sign-ins are made once, kept privately, and never taken back from those who changed them."""

import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from orchestration.people import SIGN_INS, ensure_people

pytestmark = pytest.mark.django_db


def test_it_makes_three_people_who_can_sign_in(tmp_path: Path) -> None:
    people = ensure_people(tmp_path)
    assert {role: name for role, (name, _) in people.items()} == {"Marketer": "marketer", "Approver": "approver", "Manager": "manager"}
    for role, (username, password) in people.items():
        assert len(password) >= 16 and Client().login(username=username, password=password)
        user = User.objects.get(username=username)
        assert user.is_staff and not user.is_superuser and [g.name for g in user.groups.all()] == [role]
    assert len({password for _, password in people.values()}) == 3


def test_the_file_is_for_the_owner_only(tmp_path: Path) -> None:
    people = ensure_people(tmp_path / "new" / "folder")
    path = tmp_path / "new" / "folder" / SIGN_INS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == dict(people.values())
    assert [p.name for p in path.parent.iterdir()] == [SIGN_INS]


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    first = ensure_people(tmp_path)
    hashes = list(User.objects.order_by("id").values_list("password", flat=True))
    assert ensure_people(tmp_path) == first
    assert list(User.objects.order_by("id").values_list("password", flat=True)) == hashes


def test_a_changed_password_or_group_stays(tmp_path: Path) -> None:
    ensure_people(tmp_path)
    user = User.objects.get(username="manager")
    user.set_password("my own password")
    user.save()
    user.groups.clear()
    assert ensure_people(tmp_path)["Manager"] == ("manager", "")
    user.refresh_from_db()
    assert user.check_password("my own password") and not user.groups.exists()


def test_an_account_without_a_file_keeps_its_password(tmp_path: Path) -> None:
    User.objects.create_user("approver", password="from elsewhere", is_staff=True)
    people = ensure_people(tmp_path)
    assert people["Approver"] == ("approver", "") and people["Marketer"][1]
    assert "approver" not in json.loads((tmp_path / SIGN_INS).read_text())


def test_a_new_database_gets_the_kept_passwords(tmp_path: Path) -> None:
    first = ensure_people(tmp_path)
    User.objects.all().delete()
    assert ensure_people(tmp_path) == first
