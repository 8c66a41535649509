"""Suppression: an address never to write to, and why. Kept as a keyed hash, so that it outlives an erasure."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.choices import Channel
from orchestration.choices import SuppressionKind


class Suppression(models.Model):
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, default=Channel.EMAIL)
    address_hash = models.CharField(max_length=64)
    hint = models.CharField(_("address"), max_length=80, blank=True, help_text=_("Enough of the address to recognise it."))
    kind = models.CharField(_("reason"), max_length=20, choices=SuppressionKind)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="address_suppressed_once")]

    def __str__(self) -> str:
        return self.hint or self.address_hash[:12]
