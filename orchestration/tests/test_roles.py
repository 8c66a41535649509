"""Who may do what, as a table; and the menus show just that."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from orchestration.roles import APPROVER, MANAGER, MARKETER, OUR_APPS, ROLES, ensure_roles

pytestmark = pytest.mark.django_db

TABLE = {  # permission: (marketer, approver, manager)
    "campaigns.view_campaign": (True, True, True),
    "campaigns.change_campaign": (True, False, False),
    "campaigns.delete_campaign": (False, False, False),
    "campaigns.change_audience": (True, False, False),
    "campaigns.submit_version": (True, False, False),
    "campaigns.approve_version": (False, True, False),
    "campaigns.view_sender": (True, False, False),
    "campaigns.change_sender": (False, False, False),
    "schemas.view_schema": (True, True, False),
    "schemas.view_personal": (True, False, False),
    "schemas.add_schema": (True, False, False),
    "schemas.change_schema": (True, False, False),
    "schemas.delete_schema": (False, False, False),
    "schemas.ingest_records": (True, False, False),
    "orchestration.view_run": (True, True, True),
    "orchestration.test_run": (True, True, False),
    "orchestration.launch_run": (True, True, False),
    "orchestration.control_run": (True, True, False),
    "orchestration.preview_rows": (True, True, False),
    "orchestration.view_message": (True, False, False),
    "orchestration.view_inboxmail": (True, False, False),
    "orchestration.change_message": (False, False, False),
    "orchestration.change_provideraccount": (False, False, False),
    "orchestration.view_provideraccount": (False, False, False),
    "reporting.view_report": (True, True, True),
    "reporting.add_report": (False, False, True),
    "auth.view_user": (False, False, False),
    "auth.change_group": (False, False, False),
}
MENU = {  # link in the sidebar: (marketer, approver, manager)
    "admin:campaigns_campaign_changelist": (True, True, True),
    "approvals": (False, True, False),
    "admin:campaigns_audience_changelist": (True, False, False),
    "admin:orchestration_run_changelist": (True, True, True),
    "reports": (True, True, True),
    "admin:schemas_schema_changelist": (True, True, False),
    "admin:schemas_relationship_changelist": (True, False, False),
    "admin:schemas_import_changelist": (True, False, False),
    "admin:orchestration_message_changelist": (True, False, False),
    "admin:campaigns_sender_changelist": (True, False, False),
    "admin:orchestration_suppression_changelist": (False, False, False),
    "admin:orchestration_provideraccount_changelist": (False, False, False),
    "inbox": (True, False, False),
    "admin:auth_user_changelist": (False, False, False),
    "admin:auth_group_changelist": (False, False, False),
}
# The approvals are work for approvers, hence in their menu only; how far a version has come is no secret.
PAGES = MENU | {"approvals": (True, True, True)}
COLUMNS = (MARKETER, APPROVER, MANAGER)


def person(role: str) -> User:
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


@pytest.mark.parametrize("role", COLUMNS)
def test_it_gives_each_role_its_permissions(role: str) -> None:
    user = person(role)
    allowed = {name: user.has_perm(name) for name in TABLE}
    assert allowed == {name: row[COLUMNS.index(role)] for name, row in TABLE.items()}
    assert user.get_group_permissions() == ROLES[role], "all of them exist, and there is nothing else"


def test_the_marketer_and_the_approver_are_never_the_same_role() -> None:
    assert not [role for role, wanted in ROLES.items() if {"campaigns.submit_version", "campaigns.approve_version"} <= wanted]


def test_every_permission_is_named_rightly() -> None:
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.filter(content_type__app_label__in=OUR_APPS)}
    assert set().union(*ROLES.values()) <= known


def test_a_group_that_was_changed_is_put_back() -> None:
    manager = Group.objects.get(name=MANAGER)
    manager.permissions.add(Permission.objects.get(codename="approve_version"))
    ensure_roles()
    assert not manager.permissions.filter(codename="approve_version").exists()
    assert manager.permissions.count() == len(ROLES[MANAGER])


@pytest.mark.parametrize("role", COLUMNS)
def test_menus_show_what_each_may_do(role: str) -> None:
    page = signed_in(role).get(reverse("admin:index")).content.decode()
    shown = {name: f'href="{reverse(name)}"' in page for name in MENU}
    assert shown == {name: row[COLUMNS.index(role)] for name, row in MENU.items()}


@pytest.mark.parametrize("role", COLUMNS)
def test_pages_open_only_for_those_who_may(role: str) -> None:
    client = signed_in(role)
    statuses = {name: client.get(reverse(name)).status_code for name in PAGES}
    assert statuses == {name: 200 if row[COLUMNS.index(role)] else 403 for name, row in PAGES.items()}


@pytest.mark.parametrize("role", [APPROVER, MANAGER])
def test_those_who_do_not_draw_cannot_add(role: str) -> None:
    client = signed_in(role)
    for name in ("campaigns_campaign", "campaigns_audience", "campaigns_sender", "schemas_schema"):
        assert client.get(reverse(f"admin:{name}_add"), follow=True).status_code == 403
