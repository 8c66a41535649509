"""Accounts: which provider account serves a sender, and the circuit breaker that spares a door that is closed."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from orchestration.channels.base import Provider, registry
from orchestration.models import LogLine, ProviderAccount, Task

DEFAULT = "Default mail server"  # its settings are EMAIL_URL
DEFAULT_PROVIDER = "smtp"
FAILURES = 3  # in a row, then the breaker opens
FIRST_SECONDS, MOST_SECONDS = 30, 900


def choose(channel: str, sender: dict[str, Any]) -> ProviderAccount:
    """The account that serves the sender, or else the one that the site was started with."""
    ours = [key for key, provider in registry().items() if provider.channel == channel]
    if sender.get("id"):
        own = ProviderAccount.objects.filter(active=True, provider__in=ours, senders=sender["id"]).order_by("id").first()
        if own:
            return own
    return ProviderAccount.objects.get_or_create(name=DEFAULT, defaults={"provider": DEFAULT_PROVIDER})[0]


def provider_of(account: ProviderAccount) -> Provider:
    return registry()[account.provider]


def resting(account: ProviderAccount) -> bool:
    return bool(account.broken_until and account.broken_until > timezone.now())


def failed(account: ProviderAccount, task: Task, text: str) -> None:
    """Nothing was lost: the messages stay queued. After a few failures in a row nothing is tried for a while."""
    ProviderAccount.objects.filter(pk=account.pk).update(failures=F("failures") + 1)
    account.refresh_from_db(fields=["failures"])
    if account.failures < FAILURES:
        return
    rest = timedelta(seconds=min(FIRST_SECONDS * 2 ** min(account.failures - FAILURES, 10), MOST_SECONDS))
    account.broken_until = timezone.now() + rest
    account.save(update_fields=["broken_until"])
    until = timezone.localtime(account.broken_until).strftime("%H:%M:%S")
    said = _("%(account)s: %(text)s Trying again at %(until)s.") % {"account": account.name, "text": text, "until": until}
    LogLine.objects.create(run_id=task.run_id, task=task, level="error", text=said)


def worked(account: ProviderAccount) -> None:
    if account.failures or account.broken_until:
        ProviderAccount.objects.filter(pk=account.pk).update(failures=0, broken_until=None)
        account.failures, account.broken_until = 0, None
