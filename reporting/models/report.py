"""Report: a PDF that was made, for whom and of which figures."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from orchestration.models import Run


class Report(models.Model):
    campaign = models.ForeignKey(Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, verbose_name=_("run"), null=True, on_delete=models.SET_NULL, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("made by"), null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    path = models.CharField(_("file"), max_length=300)
    figures = models.JSONField(_("figures"), default=dict, help_text="What the PDF shows, as it was then.")

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.made_at:%Y-%m-%d %H:%M}"
