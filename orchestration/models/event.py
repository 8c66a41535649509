"""Event: what came back about a message."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestration.choices import EventKind
from orchestration.models.message import Message


class Event(models.Model):
    message = models.ForeignKey(Message, verbose_name=_("message"), on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=16, choices=EventKind)
    at = models.DateTimeField(_("at"), db_index=True)
    url = models.TextField(_("link"), blank=True)
    link = models.CharField(max_length=16, blank=True, help_text="Which link of the content.")
    machine = models.BooleanField(
        _("by a machine"), default=False, help_text=_("A proxy or scanner, not a person; kept apart in the figures.")
    )
    key = models.CharField(max_length=80, blank=True, help_text="The sender's id of the event: the same one counts once.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["message", "kind", "key"], condition=~Q(key=""), name="event_counts_once")]
        indexes = [models.Index(fields=["message", "kind"], name="event_message_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.at:%Y-%m-%d %H:%M}"
