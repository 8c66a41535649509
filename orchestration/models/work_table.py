"""WorkTable: which table holds which population, until when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orchestration.models.run import Task


class WorkTable(models.Model):
    """The population of one port of one task, of one attempt: the table work.<name>; the view work.<view> shows the newest."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="work_tables")
    port = models.CharField(max_length=40)
    epoch = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=63, unique=True)
    dimension = models.CharField(max_length=63)
    columns = models.JSONField(default=list, help_text="name, alias, label and type of each column.")
    rows = models.BigIntegerField(_("rows"), default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    dropped_at = models.DateTimeField(_("dropped"), null=True, blank=True)

    class Meta:
        verbose_name = _("work table")
        verbose_name_plural = _("work tables")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
