"""Approval: who said what to which version, and why."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.choices import Decision
from campaigns.models.version import Version


class Approval(models.Model):
    """One decision. The database refuses that the person who asked is the one who decides (withdrawing is one's own)."""

    version = models.ForeignKey(Version, verbose_name=_("version"), on_delete=models.PROTECT, related_name="approvals")
    decision = models.CharField(_("decision"), max_length=20, choices=Decision)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("requested by"), on_delete=models.PROTECT, related_name="+")
    comment = models.TextField(_("comment"), blank=True)
    digest = models.CharField(max_length=64)
    counts = models.JSONField(default=dict, blank=True, help_text="The counts that the person saw.")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(decision=Decision.WITHDRAWN) | ~Q(by=F("requested_by")), name="approver_is_not_the_author"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_decision_display()}"
