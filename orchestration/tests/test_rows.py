"""Rows on a screen are words, not codes; and pages that are in the way speak the reader's language."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from orchestration.admin.run import RunAdmin
from orchestration.models import Run
from orchestration.roles import APPROVER, MANAGER, MARKETER
from orchestration.rows import Rows, read


def test_values_are_written_as_in_the_readers_language() -> None:
    row = read(
        [7, None, date(2026, 11, 1), Decimal("1303.90"), '[{"name": "Pen", "price": 6.5}, {"name": null, "price": 2}]'],
        [{}] * 4 + [{"type": "json"}],
    )
    with translation.override("fr"):
        assert Rows(rows=[row]).told() == [["7", None, "1 nov. 2026", "1\u202f303,90", "Pen, 6,5 · –, 2"]]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "linked"), [(MARKETER, True), (APPROVER, False), (MANAGER, False)])
def test_runs_lead_to_messages_only_those_who_may_see_them(role: str, linked: bool) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    request = RequestFactory().get("/")
    request.user = user
    assert ("messages_shown" in RunAdmin(Run, admin.site).get_list_display(request)) is linked


@pytest.mark.django_db
def test_everybody_finds_the_help_in_the_menu() -> None:
    client = Client(headers={"Accept-Language": "fr"})
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    page = client.get(reverse("admin:password_change")).content.decode()
    assert f'href="{reverse("help")}"' in page and "Aide" in page


@pytest.mark.django_db
def test_pages_in_the_way_are_in_the_readers_language() -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "fr"})
    lost = client.get("/nothing")
    assert lost.status_code == 404 and "Il n’y a rien ici" in lost.content.decode()
    refused = client.post(reverse("set_language"), {"language": "en"})
    assert refused.status_code == 403 and "Veuillez réessayer" in refused.content.decode()
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    closed = client.get(reverse("admin:auth_user_changelist"))
    assert closed.status_code == 403 and "Cette page ne vous est pas ouverte" in closed.content.decode()
