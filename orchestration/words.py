"""Words and colours in which screens speak of runs."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from orchestration.choices import RunStatus, TaskStatus

# The theme's own labels, in the list of runs.
RUN_COLOURS = {
    RunStatus.SCHEDULED: "info", RunStatus.RUNNING: "primary", RunStatus.PAUSED: "warning", RunStatus.COMPLETED: "success",
    RunStatus.COMPLETED_WITH_ERRORS: "warning", RunStatus.FAILED: "danger", RunStatus.STOPPED: "info",
}  # fmt: skip
# Our pills (tutti.css).
RUN_PILLS = {
    RunStatus.SCHEDULED: "info", RunStatus.RUNNING: "accent", RunStatus.PAUSED: "warn", RunStatus.COMPLETED: "good",
    RunStatus.COMPLETED_WITH_ERRORS: "warn", RunStatus.FAILED: "bad", RunStatus.STOPPED: "",
}  # fmt: skip
TASK_PILLS = {
    TaskStatus.PENDING: "", TaskStatus.QUEUED: "info", TaskStatus.RUNNING: "accent", TaskStatus.WAITING: "warn",
    TaskStatus.SENDING: "accent", TaskStatus.DONE: "good", TaskStatus.FAILED: "bad", TaskStatus.STOPPED: "",
}  # fmt: skip


def duration(started: datetime | None, finished: datetime | None) -> str:
    """How long something took, or has taken until now."""
    return spelled(((finished or timezone.now()) - started).total_seconds()) if started else "–"


def spelled(seconds: float | None) -> str:
    """A number of seconds as people say it."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": number_format(round(max(seconds, 0.0), 1), 1)}
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    return (
        _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": rest} if minutes else _("%(seconds)d s") % {"seconds": rest}
    )
