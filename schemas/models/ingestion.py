"""Import: one load of a change file."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from schemas.choices import ImportStatus
from schemas.models.schema import Schema


class Import(models.Model):
    """One load of one file into one schema, with its counts.

    read = inserted + updated + deleted + unchanged + late + rejected, or the load fails as a whole.
    """

    schema = models.ForeignKey(Schema, verbose_name=_("schema"), on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(_("file"), max_length=255, help_text=_("As the person called it."))
    path = models.CharField(max_length=500, editable=False, help_text="Where the file lies; the name is generated.")
    rejects_path = models.CharField(max_length=500, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=ImportStatus, default=ImportStatus.WAITING)
    progress = models.PositiveSmallIntegerField(_("progress"), default=0, help_text=_("Percent."))
    read = models.PositiveBigIntegerField(_("read"), default=0)
    inserted = models.PositiveBigIntegerField(_("inserted"), default=0)
    updated = models.PositiveBigIntegerField(_("updated"), default=0)
    deleted = models.PositiveBigIntegerField(_("deleted"), default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0)
    late = models.PositiveBigIntegerField(_("late"), default=0, help_text=_("Older than what we have."))
    rejected = models.PositiveBigIntegerField(_("rejected"), default=0)
    reasons = models.JSONField(_("reasons"), default=dict, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        permissions = [("ingest_records", _("Can load records"))]

    def __str__(self) -> str:
        return f"{self.file_name} → {self.schema}"
