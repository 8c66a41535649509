"""Wait: for a while, or until a moment."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node
from campaigns.activities.steps import Hold, Pass, Population, Step
from campaigns.choices import Category
from campaigns.forms import MomentField
from schemas.catalog import Catalog
from schemas.exceptions import Problem

LONGEST = timedelta(days=366)


class Unit(models.TextChoices):
    SECONDS = "seconds", gettext_lazy("seconds")
    MINUTES = "minutes", gettext_lazy("minutes")
    HOURS = "hours", gettext_lazy("hours")
    DAYS = "days", gettext_lazy("days")
    WEEKS = "weeks", gettext_lazy("weeks")


class Until(models.TextChoices):
    DURATION = "duration", gettext_lazy("For a while")
    MOMENT = "moment", gettext_lazy("Until a date and time")


class Wait(ActivityType):
    """Hold the population back for a while, or until a date and time.

    The time counts from the moment when the population arrives. A date that has passed does not hold anything back.
    Test runs do not wait. The population stays as it was: who bought something in the meantime is still in it, so build
    an audience after a long wait if that matters.
    """

    key = "wait"
    label = gettext_lazy("Wait")
    category = Category.FLOW
    icon = "schedule"
    example = {"how": "duration", "amount": 2, "unit": "days", "until": ""}

    class Form(ActivityForm):
        how = forms.ChoiceField(label=gettext_lazy("Wait"), choices=Until.choices, initial=Until.DURATION)
        amount = forms.IntegerField(label=gettext_lazy("How long"), required=False, min_value=1, max_value=31_622_400, initial=1)
        unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=Unit.choices, initial=Unit.DAYS, required=False)
        until = MomentField(label=gettext_lazy("Until"), required=False)

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        if node.config["how"] == Until.MOMENT:
            if not node.config["until"]:
                yield Problem("until", _("Until when?"), _("Give a date and time."))
            elif datetime.fromisoformat(node.config["until"]) < context.clock.now:
                yield Problem("until", _("The date to wait for has passed, so nothing will wait."), _("Choose a later one."), "warning")
            return
        if not node.config["amount"]:
            yield Problem("amount", _("How long?"), _("Give a number."))
        elif duration(node.config) > LONGEST:
            yield Problem("amount", _("A campaign can wait a year at most."), _("Choose a shorter time."))

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        if node.config["how"] == Until.MOMENT:
            return [Hold(until=datetime.fromisoformat(node.config["until"])), Pass("out", population)]
        return [Hold(duration=duration(node.config)), Pass("out", population)]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        if config.get("how") == Until.MOMENT:
            try:
                return date_format(timezone.localtime(datetime.fromisoformat(config.get("until") or "")), "SHORT_DATETIME_FORMAT")
            except ValueError:
                return ""
        unit = config.get("unit", Unit.DAYS)
        return spelled(unit, config.get("amount") or 0) if unit in Unit.values else ""


def spelled(unit: str, n: int) -> str:
    texts = {
        Unit.SECONDS: ngettext("%(n)s second", "%(n)s seconds", n),
        Unit.MINUTES: ngettext("%(n)s minute", "%(n)s minutes", n),
        Unit.HOURS: ngettext("%(n)s hour", "%(n)s hours", n),
        Unit.DAYS: ngettext("%(n)s day", "%(n)s days", n),
        Unit.WEEKS: ngettext("%(n)s week", "%(n)s weeks", n),
    }
    return texts[Unit(unit)] % {"n": n}


def duration(config: Mapping[str, Any]) -> timedelta:
    return timedelta(**{config["unit"] or Unit.DAYS: config["amount"]})
