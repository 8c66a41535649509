"""Sender: who a message comes from. Marketers choose it; there are no secrets in it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.choices import Channel


class Sender(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, default=Channel.EMAIL)
    from_name = models.CharField(_("sender name"), max_length=120)
    from_email = models.EmailField(_("sender address"))
    reply_to = models.EmailField(_("reply address"), blank=True)
    postal_address = models.CharField(
        _("postal address"), max_length=300, help_text=_("Shown at the foot of each marketing mail, as the law asks.")
    )

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
