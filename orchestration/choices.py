"""Every fixed list of the app, with labels; code tests against the sets, never against lists of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunKind(models.TextChoices):
    TEST = "test", _("Test")
    LIVE = "live", _("Live")


class RunStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    COMPLETED_WITH_ERRORS = "completed_with_errors", _("Completed with errors")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


RUN_FINISHED = {RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS, RunStatus.STOPPED}
RUN_OPEN = {RunStatus.SCHEDULED, RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.FAILED}


class TaskStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for input")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


TASK_FINISHED = {TaskStatus.DONE, TaskStatus.STOPPED}


class MessageState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")
    SUPPRESSED = "suppressed", _("Suppressed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


MESSAGE_OPEN = {MessageState.QUEUED, MessageState.CLAIMED, MessageState.SENDING}
MESSAGE_HELD = {MessageState.CLAIMED, MessageState.SENDING}  # by a worker, under a lease


class Reason(models.TextChoices):
    """Why a record was not written to."""

    NO_ADDRESS = "no_address", _("No address")
    INVALID_ADDRESS = "invalid_address", _("Invalid address")
    NO_CONSENT = "no_consent", _("No consent")
    OPTED_OUT = "opted_out", _("Opted out")
    BOUNCED = "bounced", _("Address does not exist")
    COMPLAINED = "complained", _("Complained")
    BLOCKED = "blocked", _("On the suppression list")
    DUPLICATE_ADDRESS = "duplicate_address", _("Same address as another recipient")
    SAME_RECIPIENT = "same_recipient", _("One message covers several records")
    NO_RECIPIENT = "no_recipient", _("No recipient behind the record")
    RENDERING = "rendering", _("The message could not be rendered")
    RULE_NOT_MET = "rule_not_met", _("Does not match the rule")
    IN_SEVERAL_SETS = "in_several_sets", _("Already in another set")
    NOT_PRIMARY = "not_primary", _("Not in the primary set")
    NOT_KEPT = "not_kept", _("Not kept")


class SuppressionKind(models.TextChoices):
    OPT_OUT = "opted_out", _("Opted out")
    HARD_BOUNCE = "bounced", _("Address does not exist")
    COMPLAINT = "complained", _("Complained")
    MANUAL = "blocked", _("Added by hand")


class EventKind(models.TextChoices):
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    DEFERRED = "deferred", _("Deferred")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    COMPLAINED = "complained", _("Complained")
