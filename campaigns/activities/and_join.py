"""And-join: go on when all branches have arrived."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port
from campaigns.activities.steps import Exclude, Pass, Population, Step
from campaigns.choices import Category
from campaigns.forms import SourceField
from schemas.catalog import Catalog


class AndJoin(ActivityType):
    """Wait until all branches have arrived, then go on with one of them.

    The population of the **primary set** goes on (the first branch, if none is chosen). The others end here and are
    counted as *not in the primary set*. To bring populations together instead, use *Combine*.
    """

    key = "and_join"
    label = gettext_lazy("And-join")
    category = Category.FLOW
    icon = "merge"
    inputs = [Port("in", many=True)]
    example = {"primary": ""}

    class Form(ActivityForm):
        primary = SourceField(label=gettext_lazy("Primary set"), required=False, help_text=gettext_lazy("The population that goes on."))

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        arriving = inputs["in"]
        primary = next((p for p in arriving if p.activity == node.config["primary"]), arriving[0])
        steps: list[Step] = [Pass("out", primary)]
        for n, other in enumerate(p for p in arriving if p is not primary):
            steps.append(Exclude("not_primary", sa.select(sa.func.count()).select_from(other.table.alias(f"o{n}"))))
        return steps

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        return ""
