"""Publish: from a draft to an approved version. Whoever drew or submitted it never approves it."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import canvas, validate
from campaigns.choices import SIGNED, Decision, VersionStatus
from campaigns.exceptions import CampaignError, NotAllowed
from campaigns.flow import walk
from campaigns.models import Activity, Approval, Campaign, Sender, Transition, Version
from schemas.catalog import Catalog, Clock
from schemas.exceptions import Problem
from schemas.sql import compile_sql

FORMAT = 1  # of what the digest is made of
COLUMN = re.compile(r"\bc_[0-9]+\b")
# A time that every digest is made at: dates in rules must not change it from day to day.
DIGEST_CLOCK = Clock(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))


def require(user: User, permission: str, text: str) -> None:
    if not user.is_active or not user.has_perm(permission):
        raise NotAllowed(text)


def locked(version: Version) -> Version:
    return Version.objects.select_for_update().select_related("campaign").get(pk=version.pk)


@transaction.atomic
def create_campaign(name: str, user: User, description: str = "") -> Campaign:
    """There is a campaign with an empty draft afterwards."""
    require(user, "campaigns.add_campaign", _("You may not create campaigns."))
    if not name.strip():
        raise CampaignError(Problem("name", _("The campaign has no name."), _("Give it one.")))
    campaign = Campaign.objects.create(name=name.strip()[:200], description=description, owner=user)
    Version.objects.create(campaign=campaign, number=1).contributors.add(user)
    return campaign


@transaction.atomic
def submit(version: Version, user: User) -> Version:
    """The version is frozen and waits for approval; CampaignError lists everything that is wrong with it."""
    require(user, "campaigns.submit_version", _("You may not submit versions for approval."))
    version = locked(version)
    if not version.editable:
        raise CampaignError(_("Only a draft can be submitted."))
    found = validate.errors(validate.problems(canvas.read(version), Catalog.load()))
    if found:
        raise CampaignError(*found)
    version.status, version.digest = VersionStatus.IN_REVIEW, digest(version)
    version.submitted_by, version.submitted_at = user, timezone.now()
    version.approved_by = version.approved_at = None
    version.save()
    return version


def approver_problem(version: Version, user: User) -> str:
    """Why this person cannot decide about this version, or nothing."""
    if user.pk == version.submitted_by_id:
        return _("You submitted this version, so somebody else has to approve it.")
    if version.contributors.filter(pk=user.pk).exists():
        return _("You worked on this version, so somebody else has to approve it.")
    return ""


def reviewed(version: Version, user: User) -> Version:
    """The version, locked, if this person may decide about it now."""
    require(user, "campaigns.approve_version", _("You may not approve versions."))
    version = locked(version)
    if version.status != VersionStatus.IN_REVIEW:
        raise CampaignError(_("This version is not waiting for approval."))
    problem = approver_problem(version, user)
    if problem:
        raise NotAllowed(problem)
    return version


def note(version: Version, user: User, decision: Decision, comment: str, counts: dict[str, Any] | None = None) -> None:
    assert version.submitted_by is not None  # what waits for a decision was submitted by somebody
    Approval.objects.create(
        version=version,
        decision=decision,
        by=user,
        requested_by=version.submitted_by,
        comment=comment.strip(),
        digest=version.digest,
        counts=counts or {},
    )


@transaction.atomic
def approve(version: Version, user: User, comment: str = "", counts: dict[str, Any] | None = None) -> Version:
    """The version may be launched afterwards, as it is now."""
    version = reviewed(version, user)
    refuse_outdated(version)
    note(version, user, Decision.APPROVED, comment, counts)
    version.status, version.approved_by, version.approved_at = VersionStatus.APPROVED, user, timezone.now()
    version.save()
    return version


def refuse_outdated(version: Version) -> None:
    """What was frozen must still mean the same: senders and schemas live outside the drawing."""
    if version.digest != digest(version):
        hint = _("A sender or a schema that it uses was changed. Withdraw the version, look at it again, and submit it again.")
        raise CampaignError(Problem("", _("This version does not mean what it meant when it was submitted."), hint))


@transaction.atomic
def request_changes(version: Version, user: User, comment: str) -> Version:
    """The version can be edited again, and its author knows why."""
    version = reviewed(version, user)
    if not comment.strip():
        raise CampaignError(Problem("comment", _("Say what should be changed."), _("Write a comment.")))
    note(version, user, Decision.CHANGES_REQUESTED, comment)
    return reopen(version, VersionStatus.CHANGES_REQUESTED)


@transaction.atomic
def withdraw(version: Version, user: User) -> Version:
    """The version is a draft again; an approval that it had is void."""
    require(user, "campaigns.submit_version", _("You may not withdraw versions."))
    version = locked(version)
    if version.status not in (VersionStatus.IN_REVIEW, VersionStatus.APPROVED):
        raise CampaignError(Problem("", _("Only a version that was not launched can be withdrawn."), _("Make a new draft of it.")))
    note(version, user, Decision.WITHDRAWN, "")
    return reopen(version, VersionStatus.DRAFT)


def reopen(version: Version, status: VersionStatus) -> Version:
    version.status, version.digest = status, ""
    version.submitted_by = version.submitted_at = version.approved_by = version.approved_at = None
    version.save()
    return version


@transaction.atomic
def new_draft(campaign: Campaign, user: User) -> Version:
    """An editable copy of the newest version; activities keep their uids, so that reports can follow them."""
    require(user, "campaigns.change_campaign", _("You may not change campaigns."))
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    latest = campaign.latest
    if latest.editable:
        raise CampaignError(Problem("", _("Version %(number)s is still a draft.") % {"number": latest.number}, _("Edit that one.")))
    if latest.status == VersionStatus.IN_REVIEW:
        raise CampaignError(
            Problem(
                "",
                _("Version %(number)s is waiting for approval.") % {"number": latest.number},
                _("Withdraw it, or wait for the decision."),
            )
        )
    draft = Version.objects.create(campaign=campaign, number=latest.number + 1)
    copy_drawing(latest, draft)
    draft.contributors.add(user)
    if latest.status not in SIGNED:
        draft.contributors.add(*latest.contributors.all())
    return draft


def copy_drawing(source: Version, target: Version) -> None:
    rows = {
        a.pk: Activity(version=target, uid=a.uid, kind=a.kind, label=a.label, config=a.config, x=a.x, y=a.y)
        for a in source.activities.all()
    }
    Activity.objects.bulk_create(rows.values())
    Transition.objects.bulk_create(
        Transition(
            version=target,
            source=rows[t.source_id],
            source_port=t.source_port,
            target=rows[t.target_id],
            target_port=t.target_port,
            label=t.label,
        )
        for t in source.transitions.all()
    )


@transaction.atomic
def set_status(version: Version, status: str) -> None:
    """For the engine: what became of a version that somebody approved."""
    version_now = locked(version)
    if version_now.status not in SIGNED or status not in SIGNED:
        raise CampaignError(_("Only an approved version can run."))
    version_now.status = status
    version_now.save(update_fields=["status", "changed_at"])
    version.status = status


# --- the digest -------------------------------------------------------------------------------------------------------


def digest(version: Version) -> str:
    """SHA-256 of everything that decides what is sent to whom; not of places on the canvas, nor of labels."""
    content = {"format": FORMAT, **drawing(version), "senders": senders(version), "fields": fields(version)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def drawing(version: Version) -> dict[str, Any]:
    graph = canvas.read(version)
    activities = sorted(([a["uid"], a["kind"], a["config"]] for a in graph["activities"]), key=lambda a: a[0])
    # The order of arrows decides which population is the first one, so it counts.
    return {
        "activities": activities,
        "transitions": [[t["source"], t["source_port"], t["target"], t["target_port"]] for t in graph["transitions"]],
    }


def senders(version: Version) -> list[list[Any]]:
    chosen = {str(a.config.get("sender")) for a in version.activities.all() if a.config.get("sender")}
    rows = Sender.objects.filter(pk__in=[int(pk) for pk in chosen if pk.isdigit()]).order_by("pk")
    return [[s.pk, s.channel, s.from_name, s.from_email, s.reply_to, s.postal_address] for s in rows]


def fields(version: Version) -> list[list[Any]]:
    """The fields that the drawing uses, and what they mean; found in the SQL that it compiles to."""
    catalog = Catalog.load()
    flow = walk(canvas.read(version), catalog, DIGEST_CLOCK, "digest", "d")
    used: set[str] = set()
    for box in flow.boxes.values():
        for step in box.steps:
            for select in (getattr(step, "select", None), getattr(step, "consent_now", None)):
                used |= set(COLUMN.findall(compile_sql(select).text)) if select is not None else set()
    return sorted(
        [schema.name, f.name, f.column, f.type, f.role, f.key_position or 0]
        for schema in catalog.schemas.values()
        for f in schema.fields.values()
        if f.column in used
    )
