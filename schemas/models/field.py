"""Field: one column of a schema."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from schemas.choices import FieldRole
from schemas.field_types import field_type_choices
from schemas.models.schema import NAME_LENGTH, Schema, valid_name


class Field(models.Model):
    """One value that every record of a schema has. Its column is c_<id>."""

    schema = models.ForeignKey(Schema, verbose_name=_("schema"), on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(_("name"), max_length=NAME_LENGTH, validators=[valid_name])
    label = models.CharField(_("label"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    type = models.CharField(_("type"), max_length=20, choices=field_type_choices)
    max_length = models.PositiveIntegerField(_("longest text"), null=True, blank=True, help_text=_("Characters."))
    precision = models.PositiveSmallIntegerField(_("digits"), null=True, blank=True)
    scale = models.PositiveSmallIntegerField(_("decimal places"), null=True, blank=True)
    choices = models.JSONField(_("values"), default=list, blank=True, help_text=_("For an enumeration: the list of values."))
    key_position = models.PositiveSmallIntegerField(
        _("place in the key"), null=True, blank=True, help_text=_("1 for the first or only field of the primary key.")
    )
    required = models.BooleanField(_("required"), default=False)
    unique = models.BooleanField(_("unique"), default=False)
    default = models.CharField(_("default"), max_length=200, blank=True)
    personal = models.BooleanField(_("personal data"), default=False)
    searchable = models.BooleanField(_("searchable"), default=False)
    role = models.CharField(_("meaning"), max_length=20, choices=FieldRole, default=FieldRole.NONE, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["schema", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["schema", "name"], name="field_name_once_per_schema"),
            models.UniqueConstraint(fields=["schema", "key_position"], name="key_position_once_per_schema"),
        ]

    def __str__(self) -> str:
        return f"{self.schema} · {self.label}"

    @property
    def column_name(self) -> str:
        return f"c_{self.pk}"
