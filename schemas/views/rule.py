"""What the rule builder asks the server: the words, an exact number, and the first records."""

import datetime
import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from schemas.catalog import Catalog, Clock
from schemas.exceptions import Problem, QueryError, SchemaError
from schemas.rule_results import ROWS_SHOWN, count_rule, first_rows
from schemas.rule_words import for_screen

logger = logging.getLogger(__name__)
Answer = Callable[..., JsonResponse]


def refused(status: int, *problems: Problem) -> JsonResponse:
    return JsonResponse({"problems": [problem.as_dict() for problem in problems]}, status=status)


def for_readers(view: Answer) -> Answer:
    """Only people who may see schemas; mistakes become problems with a place."""

    @wraps(view)
    def answer(request: HttpRequest) -> JsonResponse:
        if not request.user.has_perm("schemas.view_schema"):
            return refused(403, Problem("", _("You may not see the data."), _("Ask an administrator for the permission.")))
        try:
            return view(request)
        except RequestDataTooBig:
            return refused(413, Problem("", _("The rule is too large to be sent."), _("Load the list of values as records.")))
        except QueryError as error:
            logger.warning("A rule could not be answered: %s", error)
            return refused(503, *error.problems)
        except SchemaError as error:
            return refused(400, *error.problems)

    return answer


def asked_rule(request: HttpRequest) -> Any:
    """The rule in the request's body; SchemaError when there is none."""
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise SchemaError(Problem("", _("The rule is not readable."), _("Reload the page and try again."))) from error
    if not isinstance(asked, dict) or set(asked) != {"rule"}:
        raise SchemaError(Problem("", _("The rule is not readable."), _("Reload the page and try again.")))
    return asked["rule"]


@require_GET
@for_readers
def catalog(request: HttpRequest) -> JsonResponse:
    """Published schemas with their fields, links and comparisons."""
    return JsonResponse(for_screen(Catalog.load()))


@require_POST
@for_readers
def count(request: HttpRequest) -> JsonResponse:
    """The exact number of records now, the rule in words, and the SQL that counted."""
    counted = count_rule(asked_rule(request), Catalog.load(), Clock.current())
    return JsonResponse(
        {
            "count": counted.count,
            "count_text": formats.localize(counted.count, use_l10n=True),
            "milliseconds": counted.milliseconds,
            "at": counted.at.isoformat(),
            "at_text": formats.time_format(timezone.localtime(counted.at), "H:i:s"),
            "sentence": counted.sentence,
            "sql": counted.sql,
        }
    )


@require_POST
@for_readers
def rows(request: HttpRequest) -> JsonResponse:
    """The first records; personal fields only for those who may see them."""
    personal = request.user.has_perm("schemas.view_personal")
    fields, found = first_rows(asked_rule(request), Catalog.load(), Clock.current(), personal)
    return JsonResponse(
        {
            "columns": [{"name": f.name, "label": f.label, "type": f.type} for f in fields],
            "rows": [[shown(value) for value in row] for row in found],
            "limit": ROWS_SHOWN,
            "personal": personal,
        }
    )


def shown(value: Any) -> str:
    """As people read it; nothing for no value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return str(value)  # a number of a customer has no thousands
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return str(formats.localize(value))
