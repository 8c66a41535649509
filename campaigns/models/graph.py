"""Activity and Transition: the boxes and arrows of a version."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.activities.base import kind_choices
from campaigns.models.version import Version


class Activity(models.Model):
    """One box. `uid` stays the same from version to version, so that reports can follow it."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="activities")
    uid = models.CharField(max_length=32, help_text="[a-z0-9]; part of the names of work tables.")
    kind = models.CharField(_("type"), max_length=40, choices=kind_choices)
    label = models.CharField(_("label"), max_length=120)
    config = models.JSONField(default=dict, blank=True)
    x = models.IntegerField(default=0)
    y = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["version", "id"]
        constraints = [models.UniqueConstraint(fields=["version", "uid"], name="activity_uid_once_per_version")]

    def __str__(self) -> str:
        return self.label


class Transition(models.Model):
    """One arrow, from a port of one box to a port of another."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="transitions")
    source = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="outgoing")
    source_port = models.CharField(max_length=40, default="out")
    target = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="incoming")
    target_port = models.CharField(max_length=40, default="in")
    label = models.CharField(_("label"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ["version", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "source", "source_port", "target", "target_port"], name="transition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
