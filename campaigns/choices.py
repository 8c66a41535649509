"""Every fixed list of the app, with labels; code tests against the sets, never against lists of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VersionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    APPROVED = "approved", _("Approved")
    SCHEDULED = "scheduled", _("Scheduled")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    COMPLETED_WITH_ERRORS = "completed_with_errors", _("Completed with errors")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


EDITABLE = {VersionStatus.DRAFT, VersionStatus.CHANGES_REQUESTED}
FROZEN = set(VersionStatus) - EDITABLE
SIGNED = FROZEN - {VersionStatus.IN_REVIEW}  # somebody approved these
LAUNCHABLE = {VersionStatus.APPROVED}


class Decision(models.TextChoices):
    APPROVED = "approved", _("Approved")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")
    DIRECT_MAIL = "direct_mail", _("Direct mail")


class Category(models.TextChoices):
    """The palette's groups."""

    TARGETING = "targeting", _("Targeting")
    FLOW = "flow", _("Flow")
    CHANNELS = "channels", _("Channels")
