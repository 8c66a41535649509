"""Version: one draft or frozen edition of a campaign's drawing."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.choices import EDITABLE, FROZEN, SIGNED, VersionStatus
from campaigns.models.campaign import Campaign


class Version(models.Model):
    """Editable until it is submitted; from then on a database trigger keeps its drawing as it is.

    `digest` covers all that affects what is sent. A signed version names who submitted and who approved it, and the
    database refuses that they are the same person.
    """

    campaign = models.ForeignKey(Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("status"), max_length=24, choices=VersionStatus, default=VersionStatus.DRAFT)
    revision = models.PositiveIntegerField(default=0, help_text="Grows with each save; two people editing notice each other by it.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the frozen drawing.")
    contributors = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("contributors"), blank=True, related_name="+")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("submitted by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("approved by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["campaign", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="version_number_once_per_campaign"),
            models.CheckConstraint(condition=~Q(status__in=sorted(FROZEN)) | ~Q(digest=""), name="frozen_version_has_digest"),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(SIGNED))
                | (Q(approved_by__isnull=False) & Q(submitted_by__isnull=False) & ~Q(approved_by=F("submitted_by"))),
                name="signed_version_has_another_approver",
            ),
        ]
        permissions = [
            ("submit_version", _("Can submit a version for approval")),
            ("approve_version", _("Can approve a version")),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} v{self.number}"

    @property
    def editable(self) -> bool:
        return self.status in EDITABLE
