"""Admin screens, one file for each noun."""

from orchestration.admin import event, inbox_mail, message, provider_account, run, suppression  # noqa: F401
