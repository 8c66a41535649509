"""The first page: each role sees what waits for it, and nothing it may not open."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from campaigns import publish
from campaigns.choices import VersionStatus
from campaigns.models import Version
from orchestration.roles import APPROVER, MANAGER, MARKETER

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> tuple[Client, User]:
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client, user


def in_review(author: User) -> Version:
    version = publish.create_campaign("Spring letter", author).latest
    Version.objects.filter(pk=version.pk).update(
        status=VersionStatus.IN_REVIEW, digest="d" * 64, submitted_by=author, submitted_at=timezone.now()
    )
    return version


def test_it_works() -> None:
    marketer, author = signed_in(MARKETER)
    publish.create_campaign("Spring letter", author)
    page = marketer.get("/admin/").content.decode()
    assert "Spring letter" in page and "New campaign" in page and "Waiting for your decision" not in page


def test_it_shows_the_approver_what_waits() -> None:
    _, author = signed_in(MARKETER)
    version = in_review(author)
    approver, person = signed_in(APPROVER)
    page = approver.get("/admin/").content.decode()
    assert f"/admin/approvals/{version.pk}/" in page and "New campaign" not in page
    version.contributors.add(person)
    assert f"/admin/approvals/{version.pk}/" not in approver.get("/admin/").content.decode()


def test_it_invites_when_there_is_nothing_yet() -> None:
    manager, _ = signed_in(MANAGER)
    page = manager.get("/admin/").content.decode()
    assert "Results appear here" in page and "There is no campaign yet." in page and "Draw the first one" not in page
