"""What types and meanings are called on a page."""

from collections.abc import Mapping
from typing import Any

from django import template

from schemas.choices import FieldRole
from schemas.describe import VERSION_FAMILIES
from schemas.field_types import TYPES

register = template.Library()


@register.filter
def type_label(key: str) -> Any:
    return TYPES[key].label if key in TYPES else key


@register.filter
def role_label(key: str) -> Any:
    return FieldRole(key).label if key in FieldRole.values else key


@register.filter
def is_version_type(key: str) -> bool:
    return key in TYPES and TYPES[key].family in VERSION_FAMILIES


@register.filter
def value_of(values: Mapping[str, str], name: str) -> str:
    return values.get(name, "")
