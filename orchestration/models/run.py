"""Run: one execution of one version; Task: one activity within it."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Version
from orchestration.choices import RunKind, RunStatus, TaskStatus


class Run(models.Model):
    """One execution of one version. Its plan is stored, its clock and seed never change."""

    version = models.ForeignKey(Version, verbose_name=_("version"), on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField(_("kind"), max_length=10, choices=RunKind)
    status = models.CharField(_("status"), max_length=24, choices=RunStatus, default=RunStatus.SCHEDULED)
    trigger_key = models.CharField(max_length=64, help_text="A second launch for the same reason hits the unique key.")
    scheduled_at = models.DateTimeField(_("starts"), help_text="What the run calls now.")
    seed = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, blank=True, help_text="Of the drawing that runs.")
    plan = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("started by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["version", "trigger_key"], name="one_run_per_trigger")]
        permissions = [
            ("test_run", _("Can start test runs")),
            ("launch_run", _("Can launch approved versions")),
            ("control_run", _("Can pause, resume, stop and retry runs")),
            ("preview_rows", _("Can see the records of a population")),
        ]

    def __str__(self) -> str:
        return f"{self.version} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("run-monitor", args=[self.pk])


class Task(models.Model):
    """One activity of one run. `epoch` grows with each attempt; a job for an older epoch does nothing."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tasks")
    activity_uid = models.CharField(max_length=32)
    kind = models.CharField(_("type"), max_length=40)
    label = models.CharField(_("activity"), max_length=120)
    status = models.CharField(_("status"), max_length=12, choices=TaskStatus, default=TaskStatus.PENDING)
    epoch = models.PositiveIntegerField(default=0)
    rows_in = models.BigIntegerField(_("rows in"), null=True, blank=True)
    rows_out = models.BigIntegerField(_("rows out"), null=True, blank=True)
    complement = models.BigIntegerField(_("complement"), default=0)
    excluded = models.JSONField(_("excluded"), default=dict, blank=True, help_text="Reason → rows.")
    counts = models.JSONField(default=dict, blank=True, help_text="Output port → rows.")
    not_before = models.DateTimeField(_("waits until"), null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    lost = models.PositiveSmallIntegerField(default=0, help_text="Attempts that ended without a result, since a person last asked for one.")
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["run", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "activity_uid"], name="one_task_per_activity_and_run")]
        indexes = [models.Index(fields=["status", "not_before"], name="task_due")]

    def __str__(self) -> str:
        return f"{self.label} ({self.run})"


class LogLine(models.Model):
    """One thing that happened in a run: a step, an error, or what a person did."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="log")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    level = models.CharField(max_length=10, default="info")
    text = models.TextField()

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        ordering = ["run", "id"]

    def __str__(self) -> str:
        return self.text
