"""Message: the ledger. One row for each message wanted, before anything is sent; rows are never deleted on success."""

import json

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.choices import Channel
from orchestration.choices import MESSAGE_HELD, MessageState, Reason
from orchestration.models.run import Run, Task


class Message(models.Model):
    """One message to one recipient about one thing.

    `planned` tells rows that were to be delivered when the ledger was filled from those excluded then and there.
    For each task: rows = excluded + planned, and planned = sent + failed + unknown + suppressed later + cancelled + expired + open.
    """

    run = models.ForeignKey(Run, verbose_name=_("run"), on_delete=models.PROTECT, related_name="messages")
    task = models.ForeignKey(Task, verbose_name=_("activity"), on_delete=models.PROTECT, related_name="messages")
    activity_uid = models.CharField(max_length=32)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    recipient_key = models.CharField(_("recipient"), max_length=300, help_text="The recipient's key as a JSON array.")
    entity_key = models.CharField(
        _("about"), max_length=300, help_text="The key of what it is about; the recipient's own when about nothing else."
    )
    address = models.CharField(_("address"), max_length=320, blank=True)
    address_hash = models.CharField(max_length=64, blank=True)
    context = models.JSONField(default=dict)
    planned = models.BooleanField(default=True)
    state = models.CharField(_("state"), max_length=12, choices=MessageState, default=MessageState.QUEUED)
    reason = models.CharField(_("reason"), max_length=40, blank=True, choices=Reason)
    token = models.CharField(max_length=32, help_text="Part of the signed links.")
    claim = models.UUIDField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    claims = models.PositiveSmallIntegerField(
        default=0, help_text="Claims without progress; a message that kills its worker stops after three."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(_("not before"))
    expires_at = models.DateTimeField(_("expires"))
    attempt = models.PositiveSmallIntegerField(_("attempts"), default=0)
    send_started_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    reply = models.CharField(_("reply"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "activity_uid", "recipient_key", "entity_key"], name="one_message_per_recipient_and_entity"
            ),
            models.UniqueConstraint(fields=["token"], name="message_token"),
        ]
        indexes = [
            models.Index(fields=["task", "next_at", "id"], name="message_queue", condition=Q(state=MessageState.QUEUED)),
            models.Index(fields=["lease_until"], name="message_lease", condition=Q(state__in=sorted(MESSAGE_HELD))),
            models.Index(fields=["task", "state"], name="message_task_state"),
            models.Index(fields=["address_hash"], name="message_address_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.get_state_display()})"

    @property
    def recipient(self) -> str:
        """The recipient's key as people write it."""
        return ", ".join(str(part) for part in json.loads(self.recipient_key or "[]"))
