"""Readiness: why a version cannot run yet. Each reason is one small function; all are told at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns import canvas, publish, validate
from campaigns.choices import LAUNCHABLE
from campaigns.exceptions import NotAllowed
from campaigns.models import Version
from orchestration import accounts
from schemas.catalog import Catalog
from schemas.exceptions import Problem

APPROVE = "campaigns.approve_version"


def require(user: Any, permission: str, text: str) -> None:
    if not user.is_active or not user.has_perm(permission):
        raise NotAllowed(text)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.level == "error"]


def drawing_problems(version: Version, catalog: Catalog) -> list[Problem]:
    """What is wrong with the drawing against the data as it is described now."""
    return errors(validate.problems(canvas.read(version), catalog))


def signature_problems(version: Version, allowed: Iterable[str] = LAUNCHABLE) -> list[Problem]:
    """The approval holds: right status, the drawing that was approved, by somebody who may still approve."""
    if version.status not in set(allowed):
        text = _("This version is “%(status)s”; only an approved one can be launched.") % {"status": version.get_status_display()}
        return [Problem("", text, _("Submit it, and have a colleague approve it."))]
    found = []
    if version.digest != publish.digest(version):
        found.append(Problem("", _("The drawing is not the one that was approved."), _("Make a new version and have it approved.")))
    approver = version.approved_by
    if approver is None or not approver.is_active or not approver.has_perm(APPROVE):
        found.append(Problem("", _("Whoever approved this version may not approve any more."), _("Have it approved by somebody else.")))
    return found


def sender_problems(plan: Mapping[str, Any]) -> list[Problem]:
    """Each sender has an account to send with."""
    found = []
    for activity in plan["activities"]:
        for step in activity["steps"]:
            if step["type"] == "send" and not served(step):
                text = _("The provider account of the sender “%(sender)s” is switched off.")
                name = (step["settings"].get("sender") or {}).get("name", "")
                hint = _("Ask an administrator to switch it on, or to connect the sender to another account.")
                found.append(Problem(activity["uid"], text % {"sender": name}, hint))
    return found


def served(step: Mapping[str, Any]) -> bool:
    return accounts.choose(step["channel"], step["settings"].get("sender") or {}).active
