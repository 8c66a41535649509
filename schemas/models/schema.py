"""Schema: the description of one kind of record."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from schemas.choices import SchemaStatus

NAME_LENGTH = 63
# A name is how rules, templates and commands refer to a thing. It never reaches SQL: tables are called t_<id>.
valid_name = RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("Use lower-case letters, digits and underscores, and begin with a letter."))


class Schema(models.Model):
    """One kind of record, such as Customer or Order. Its table is data.t_<id>."""

    name = models.CharField(
        _("name"),
        max_length=NAME_LENGTH,
        unique=True,
        validators=[valid_name],
        help_text=_("How rules and templates refer to it. It cannot change once published."),
    )
    label = models.CharField(_("label"), max_length=200, help_text=_("What people read."))
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=SchemaStatus, default=SchemaStatus.DRAFT, editable=False)
    targetable = models.BooleanField(_("targeting dimension"), default=False, help_text=_("Audiences can be made of these records."))
    version_field = models.ForeignKey(
        "schemas.Field", verbose_name=_("version field"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text=_("When a file brings a record again, the higher version wins; late rows are ignored."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("schema")
        verbose_name_plural = _("schemas")
        ordering = ["label"]
        permissions = [("view_personal", _("Can see personal data"))]

    def __str__(self) -> str:
        return self.label or self.name

    @property
    def table_name(self) -> str:
        return f"t_{self.pk}"
