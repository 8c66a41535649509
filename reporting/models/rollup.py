"""Rollup: hourly counters, folded from the ledger and the events; Watermark: how far the folding has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from orchestration.models import Run


class Rollup(models.Model):
    """What happened in one hour to the messages of one activity of one run."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    activity_uid = models.CharField(max_length=32)
    channel = models.CharField(max_length=20)
    hour = models.DateTimeField()
    counter = models.CharField(max_length=40)
    value = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")
        constraints = [models.UniqueConstraint(fields=["run", "activity_uid", "channel", "counter", "hour"], name="rollup_once")]
        indexes = [models.Index(fields=["campaign", "counter", "hour"], name="rollup_campaign")]

    def __str__(self) -> str:
        return f"{self.counter} {self.hour:%Y-%m-%d %H:%M}: {self.value}"


class Watermark(models.Model):
    """The last event that was folded."""

    name = models.CharField(max_length=40, unique=True)
    event_id = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("watermark")
        verbose_name_plural = _("watermarks")

    def __str__(self) -> str:
        return f"{self.name}: {self.event_id}"
