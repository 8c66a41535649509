"""Every fixed list of the app, with labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SchemaStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")


class FieldRole(models.TextChoices):
    """What a field means to campaigns, beyond its type."""

    NONE = "", _("None")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    PUSH_TOKEN = "push_token", _("Push token")
    POSTAL_ADDRESS = "postal_address", _("Postal address")
    CUSTOMER_KEY = "customer_key", _("Customer number")
    LANGUAGE = "language", _("Language")
    EMAIL_CONSENT = "email_consent", _("Consent to e-mail")
    SMS_CONSENT = "sms_consent", _("Consent to SMS")


class ImportStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


IMPORT_FINISHED = {ImportStatus.DONE, ImportStatus.FAILED}
