"""InboxMail: a mail that the local inbox received; for trying things out, never for real recipients."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InboxMail(models.Model):
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    mail_from = models.CharField(_("from"), max_length=320)
    rcpt_to = models.CharField(_("to"), max_length=320, db_index=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    message_id = models.CharField(max_length=200, blank=True, db_index=True)
    raw = models.BinaryField()

    class Meta:
        verbose_name = _("inbox mail")
        verbose_name_plural = _("inbox mails")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject
