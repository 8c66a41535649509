"""Rollup: hourly counters, folded from the ledger and the events; Watermark: how far the folding has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from orchestration.models import Run


class Rollup(models.Model):
    """What happened in one hour to the messages of one activity of one run.

    Counters called event.* are folded from events and only grow; all others are counted anew from the ledger.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    activity_uid = models.CharField(max_length=32)
    channel = models.CharField(_("channel"), max_length=20)
    hour = models.DateTimeField(_("hour"))
    counter = models.CharField(_("counter"), max_length=64)
    value = models.BigIntegerField(_("value"), default=0)

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")
        constraints = [models.UniqueConstraint(fields=["run", "activity_uid", "channel", "counter", "hour"], name="rollup_once")]
        indexes = [models.Index(fields=["campaign", "counter", "hour"], name="rollup_campaign")]

    def __str__(self) -> str:
        return f"{self.counter} {self.hour:%Y-%m-%d %H:%M}: {self.value}"


class LinkRollup(models.Model):
    """How often people clicked one link of one activity of one run.

    `url` has no query part: what a person is asked by name there would make a row for each person.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    activity_uid = models.CharField(max_length=32)
    link = models.CharField(max_length=16, blank=True)
    url = models.CharField(_("link"), max_length=500)
    clicks = models.BigIntegerField(_("clicks"), default=0)
    unique_clicks = models.BigIntegerField(_("unique clicks"), default=0)

    class Meta:
        verbose_name = _("link rollup")
        verbose_name_plural = _("link rollups")
        constraints = [models.UniqueConstraint(fields=["run", "activity_uid", "link", "url"], name="link_rollup_once")]

    def __str__(self) -> str:
        return self.url


class Watermark(models.Model):
    """How far the folding has come: of all events ("events"), or when a run's ledger was counted ("run:<id>")."""

    name = models.CharField(max_length=40, unique=True)
    event_id = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("watermark")
        verbose_name_plural = _("watermarks")

    def __str__(self) -> str:
        return f"{self.name}: {self.event_id}"
