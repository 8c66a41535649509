"""ProviderAccount: our credentials with a provider, and which senders it serves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Sender
from orchestration.channels.base import provider_choices


class ProviderAccount(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    provider = models.CharField(_("provider"), max_length=40, choices=provider_choices)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    senders = models.ManyToManyField(Sender, verbose_name=_("senders"), blank=True, related_name="provider_accounts")
    active = models.BooleanField(_("active"), default=True)
    broken_until = models.DateTimeField(
        _("paused until"), null=True, blank=True, editable=False, help_text=_("The circuit breaker: nothing is tried before.")
    )
    failures = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
