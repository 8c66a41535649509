"""Canvas: a drawing as the browser has it, read from and saved to its version."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.activities.base import ActivityType, registry
from campaigns.choices import Category
from campaigns.exceptions import CampaignError, EditConflict, NotAllowed
from campaigns.models import Activity, Transition, Version
from schemas.exceptions import Problem

UID = re.compile(r"[a-z0-9]{1,32}\Z")
PORT = re.compile(r"[a-z0-9_]{1,40}\Z")
FARTHEST = 1_000_000  # pixels
LONGEST_CONFIG = 1_000_000  # characters of JSON
ORDER = list(Category)


def read(version: Version) -> dict[str, Any]:
    """The drawing of a version."""
    activities = list(version.activities.all())
    uids = {a.pk: a.uid for a in activities}
    return {
        "revision": version.revision,
        "activities": [{"uid": a.uid, "kind": a.kind, "label": a.label, "x": a.x, "y": a.y, "config": a.config} for a in activities],
        "transitions": [
            {"source": uids[t.source_id], "source_port": t.source_port, "target": uids[t.target_id], "target_port": t.target_port, "label": t.label}
            for t in version.transitions.all()
        ],
    }  # fmt: skip


def palette() -> list[dict[str, Any]]:
    """Every type of activity, in the order of the shelf."""
    kinds = sorted(registry().values(), key=lambda kind: (ORDER.index(Category(kind.category)), str(kind.label)))
    return [shelved(kind) for kind in kinds]


def shelved(kind: ActivityType) -> dict[str, Any]:
    inputs, outputs = kind.ports({})
    return {
        "key": kind.key,
        "label": str(kind.label),
        "icon": kind.icon,
        "category": str(kind.category),
        "category_label": str(Category(kind.category).label),
        "inputs": [port.as_dict() for port in inputs],
        "outputs": [port.as_dict() for port in outputs],
        "help": tooltip(kind),
    }


def tooltip(kind: ActivityType) -> str:
    """The first line of its help page."""
    text = inspect.cleandoc(type(kind).__doc__ or "")
    return _(text).split("\n")[0] if text else ""


@transaction.atomic
def save(version: Version, graph: Mapping[str, Any], user: AbstractBaseUser, revision: int) -> int:
    """The version's drawing is `graph` afterwards, and the person is one of its contributors; returns the new revision."""
    if not user.has_perm("campaigns.change_campaign"):  # type: ignore[attr-defined]
        raise NotAllowed(_("You may not change campaigns."))
    locked = Version.objects.select_for_update().get(pk=version.pk)
    if not locked.editable:
        raise CampaignError(Problem("", _("This version cannot be changed any more."), _("Make a new draft of it.")))
    if locked.revision != revision:
        raise EditConflict(
            Problem(
                "", _("Somebody else saved this campaign in the meantime."), _("Reload the page to see their changes; yours are not saved.")
            )
        )
    refuse_bad_graph(graph)
    store(locked, graph)
    locked.revision += 1
    locked.save(update_fields=["revision", "changed_at"])
    locked.contributors.add(user)  # type: ignore[arg-type]
    locked.campaign.save(update_fields=["changed_at"])
    version.revision = locked.revision
    return locked.revision


def store(version: Version, graph: Mapping[str, Any]) -> None:
    version.transitions.all().delete()
    version.activities.all().delete()
    rows = Activity.objects.bulk_create(
        Activity(
            version=version, uid=a["uid"], kind=a["kind"], label=a["label"], config=a.get("config") or {}, x=place(a, "x"), y=place(a, "y")
        )
        for a in graph["activities"]
    )
    by_uid = {row.uid: row for row in rows}
    Transition.objects.bulk_create(
        Transition(
            version=version, source=by_uid[t["source"]], source_port=t.get("source_port") or "out",
            target=by_uid[t["target"]], target_port=t.get("target_port") or "in", label=t.get("label") or "",
        )
        for t in graph["transitions"]
    )  # fmt: skip


def place(activity: Mapping[str, Any], axis: str) -> int:
    return max(-FARTHEST, min(FARTHEST, round(activity.get(axis) or 0)))


def refuse_bad_graph(graph: Mapping[str, Any]) -> None:
    """What no drawing of ours can be; unfinished drawings are fine."""
    try:
        problems = shape_problems(graph)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise CampaignError(Problem("", _("The drawing could not be read."), _("Reload the page and try again."))) from error
    if problems:
        raise CampaignError(*problems)


def shape_problems(graph: Mapping[str, Any]) -> list[Problem]:
    activities, transitions = graph["activities"], graph["transitions"]
    found: list[Problem] = []
    if len(activities) > settings.CANVAS_MAX_ACTIVITIES:
        found.append(
            Problem(
                "",
                _("A campaign can have %(most)s activities.") % {"most": settings.CANVAS_MAX_ACTIVITIES},
                _("Split it into several campaigns."),
            )
        )
    seen: set[str] = set()
    for activity in activities:
        uid = activity["uid"]
        if not isinstance(uid, str) or not UID.match(uid) or uid in seen:
            found.append(
                Problem(
                    "",
                    _("The activity “%(label)s” has no valid name of its own.") % {"label": activity.get("label")},
                    _("Delete it and add it again."),
                )
            )
            continue
        seen.add(uid)
        found += activity_problems(activity)
    arrows: set[tuple[str, ...]] = set()
    for t in transitions:
        ends = (t["source"], t.get("source_port") or "out", t["target"], t.get("target_port") or "in")
        if t["source"] not in seen or t["target"] not in seen or not PORT.match(ends[1]) or not PORT.match(ends[3]):
            found.append(Problem("", _("An arrow has lost one of its ends."), _("Delete the arrow and draw it again.")))
        elif ends in arrows or len(t.get("label") or "") > 120:
            found.append(
                Problem(
                    t["target"], _("An arrow is there twice, or its label is too long."), _("Delete one of them, or shorten the label.")
                )
            )
        arrows.add(ends)
    return found


def activity_problems(activity: Mapping[str, Any]) -> list[Problem]:
    uid, label, config = activity["uid"], activity.get("label"), activity.get("config") or {}
    found = []
    if activity["kind"] not in registry():
        found.append(Problem(uid, _("There is no activity type “%(kind)s”.") % {"kind": activity["kind"]}, _("Delete the box.")))
    if not isinstance(label, str) or not label.strip() or len(label) > 120:
        found.append(Problem(uid, _("The label is missing or too long."), _("Give it 1 to 120 characters.")))
    if not isinstance(config, dict) or len(json.dumps(config)) > LONGEST_CONFIG or "\\u0000" in json.dumps(config):
        found.append(Problem(uid, _("The settings cannot be stored."), _("Make them shorter, and remove special characters.")))
    place(activity, "x"), place(activity, "y")  # raise when they are no numbers
    return found
