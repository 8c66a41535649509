"""Count: how many records an audience has now."""

from typing import Any

from django.utils.translation import gettext as _

from campaigns.exceptions import NotAllowed
from campaigns.models import Audience
from schemas.catalog import Catalog, Clock
from schemas.exceptions import Problem, SchemaError
from schemas.rule_results import Counted, count_rule


def count_audience(audience: Audience, user: Any) -> Counted:
    """The audience knows its exact count and when it was made; no old count stays where a new one cannot be had."""
    if not user.has_perm("campaigns.view_audience"):
        raise NotAllowed(Problem("", _("You may not see audiences."), _("Ask an administrator for the permission.")))
    try:
        counted = count_rule(audience.rule, Catalog.load(), Clock.current())
    except SchemaError:
        keep(audience, None)
        raise
    keep(audience, counted)
    return counted


def keep(audience: Audience, counted: Counted | None) -> None:
    audience.count, audience.counted_at = (counted.count, counted.at) if counted else (None, None)
    Audience.objects.filter(pk=audience.pk).update(count=audience.count, counted_at=audience.counted_at)
