"""End: a branch ends here."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityType, Context, Node, Port
from campaigns.activities.steps import Finish, Population, Step
from campaigns.choices import Category


class End(ActivityType):
    """Show that a branch ends here on purpose.

    Nothing happens to the population. A campaign needs no End to run; it makes the drawing easier to read.
    """

    key = "end"
    label = gettext_lazy("End")
    category = Category.FLOW
    icon = "flag"
    inputs = [Port("in", many=True)]
    outputs = []
    example: ClassVar[dict[str, Any]] = {}

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        return [Finish()]
