"""Texts of the admin's theme, which knows no French: named here, they are collected and translated with ours."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

TEXTS = (
    # the frame of every page
    _("Search apps and models..."),
    _("Type to search"),
    _("Recent searches"),
    _("No recent searches"),
    _("No results matching your query"),
    _("Loading more results..."),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
        "counter",
    ),
    _("All applications"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Go back"),
    _("Return to site"),
    # signing in and out
    _("Welcome"),
    _("Welcome back to"),
    _("Forgotten your password or username?"),
    _("Toggle password visibility"),
    _("You have been successfully logged out from the administration"),
    # lists
    _("Filters"),
    _("Apply Filters"),
    _("Reset filters"),
    _("Date from"),
    _("Date to"),
    _("Not enough data."),
    _("%(counter)s results"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Select record"),
    _("Select all rows"),
    _("Select action"),
    _("Select action to run"),
    _("More actions"),
    _("Expand row"),
    _("Record picture"),
    _("No data"),
    _("True"),
    _("False"),
    # forms
    _("General"),
    _("Please correct the errors below."),
    _("Select value"),
    _("Add row"),
    _("Add new item"),
    _("This item will be deleted."),
    _("Click to cancel"),
    _("Choose file to upload"),
    _("Click to download"),
    _("Image preview"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password using "
        '<a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
