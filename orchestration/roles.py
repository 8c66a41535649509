"""Roles: the three people of a campaign as Django groups, each with what its work needs and no more."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions

MARKETER, APPROVER, MANAGER = "Marketer", "Approver", "Manager"
OUR_APPS = ("schemas", "campaigns", "orchestration", "reporting")

ROLES: dict[str, frozenset[str]] = {
    # Describes data, loads records, draws campaigns, tests, submits, and launches what somebody else approved.
    MARKETER: frozenset(
        """
        schemas.view_schema schemas.view_field schemas.view_relationship schemas.view_pair schemas.view_personal
        schemas.add_schema schemas.change_schema schemas.add_field schemas.change_field schemas.delete_field
        schemas.add_relationship schemas.change_relationship schemas.delete_relationship
        schemas.add_pair schemas.change_pair schemas.delete_pair
        schemas.view_import schemas.add_import schemas.ingest_records
        campaigns.view_campaign campaigns.add_campaign campaigns.change_campaign
        campaigns.view_version campaigns.add_version campaigns.change_version campaigns.submit_version
        campaigns.view_activity campaigns.view_transition campaigns.view_approval campaigns.view_sender
        campaigns.view_audience campaigns.add_audience campaigns.change_audience campaigns.delete_audience
        orchestration.view_run orchestration.view_task orchestration.view_logline
        orchestration.test_run orchestration.launch_run orchestration.control_run orchestration.preview_rows
        orchestration.view_message orchestration.view_event orchestration.view_inboxmail
        reporting.view_report
        """.split()
    ),
    # Looks at everything that will be sent, decides, and can launch or stop it; draws nothing. Reads rules, hence
    # schemas, and counts again what may have changed since, hence test runs.
    APPROVER: frozenset(
        """
        schemas.view_schema
        campaigns.view_campaign campaigns.view_version campaigns.view_activity campaigns.view_transition
        campaigns.view_approval campaigns.approve_version
        orchestration.view_run orchestration.view_task orchestration.view_logline
        orchestration.test_run orchestration.preview_rows orchestration.launch_run orchestration.control_run
        reporting.view_report
        """.split()
    ),
    # Reads figures and makes reports; sees no customer's record.
    MANAGER: frozenset(
        """
        campaigns.view_campaign campaigns.view_version
        orchestration.view_run orchestration.view_task
        reporting.view_report reporting.add_report
        """.split()
    ),
}


def ensure_roles(app_config: AppConfig | None = None, using: str = "default", apps: Any = installed_apps, **kwargs: Any) -> None:
    """The three groups exist with exactly these permissions; runs after each migrate.

    A group is put back to its table, so give other rights by a group of your own.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # the people's tables are not there yet
        return
    for label in OUR_APPS:
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using, apps=apps)
    ours = permission_model.objects.using(using).filter(content_type__app_label__in=OUR_APPS).select_related("content_type")
    by_name = {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in ours}
    for role, wanted in ROLES.items():
        group, _created = group_model.objects.using(using).get_or_create(name=role)
        group.permissions.set([by_name[name] for name in sorted(wanted) if name in by_name])
