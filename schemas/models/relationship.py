"""Relationship: which records belong together."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from schemas.models.field import Field
from schemas.models.schema import NAME_LENGTH, Schema, valid_name


class Relationship(models.Model):
    """Many records of `source` belong to one record of `target`, found by equal fields (the pairs).

    From the source it is called `name` and leads to one record; from the target it is called `reverse_name` and leads
    to many, or to one when `one_to_one`.
    """

    source = models.ForeignKey(Schema, verbose_name=_("from"), on_delete=models.CASCADE, related_name="relationships")
    target = models.ForeignKey(Schema, verbose_name=_("to"), on_delete=models.CASCADE, related_name="reverse_relationships")
    name = models.CharField(_("name"), max_length=NAME_LENGTH, validators=[valid_name])
    label = models.CharField(_("label"), max_length=200)
    reverse_name = models.CharField(_("name the other way"), max_length=NAME_LENGTH, validators=[valid_name])
    reverse_label = models.CharField(_("label the other way"), max_length=200)
    one_to_one = models.BooleanField(_("one to one"), default=False)
    enforced = models.BooleanField(_("enforced"), default=False, help_text=_("Rows that point to nothing are rejected."))

    class Meta:
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        ordering = ["source", "name"]
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="relationship_name_once_per_schema"),
            models.UniqueConstraint(fields=["target", "reverse_name"], name="reverse_name_once_per_schema"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target} ({self.label})"


class Pair(models.Model):
    """Two fields whose values are equal when the records belong together."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="pairs")
    source_field = models.ForeignKey(Field, verbose_name=_("field"), on_delete=models.PROTECT, related_name="+")
    target_field = models.ForeignKey(Field, verbose_name=_("equals"), on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("pair of fields")
        verbose_name_plural = _("pairs of fields")
        ordering = ["relationship", "position", "id"]

    def __str__(self) -> str:
        return f"{self.source_field} = {self.target_field}"
