"""Fork: several branches with the same population."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port
from campaigns.activities.steps import Pass, Population, Step
from campaigns.choices import Category
from campaigns.forms import NamesField
from schemas.catalog import Catalog

LEAST, MOST = 2, 20


class Fork(ActivityType):
    """Go on in several branches, each with the whole population.

    Every branch gets everybody. To divide the population instead, use *Split*.
    """

    key = "fork"
    label = gettext_lazy("Fork")
    category = Category.FLOW
    icon = "fork_right"
    copies = True
    example = {"branches": ["E-mail", "Reminder"]}

    class Form(ActivityForm):
        branches = NamesField(
            label=gettext_lazy("Branches"), least=LEAST, most=MOST, initial=["A", "B"], help_text=gettext_lazy("One name per line.")
        )

    def ports(self, config: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
        names = config.get("branches", ["A", "B"])
        names = names.splitlines() if isinstance(names, str) else names
        names = [str(name) for name in names][:MOST] if isinstance(names, list) else []
        return self.inputs, [Port(f"out_{n}", name, optional=True) for n, name in enumerate(names, start=1)]

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        return [Pass(port.key, population) for port in self.ports(node.config)[1]]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        count = len(self.ports(config)[1])
        return ngettext("%(count)s branch", "%(count)s branches", count) % {"count": count}
