"""Audience: a saved rule."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from schemas.models import Schema


class Audience(models.Model):
    """A saved question about the data. Its count is exact, and says when it was made."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), blank=True)
    schema = models.ForeignKey(Schema, verbose_name=_("targeting dimension"), on_delete=models.PROTECT, related_name="+")
    rule = models.JSONField(_("rule"), default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, on_delete=models.SET_NULL, related_name="+")
    count = models.PositiveBigIntegerField(_("count"), null=True, blank=True, editable=False)
    counted_at = models.DateTimeField(_("counted"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
