"""Metrics: what the reports count. One small class each; writing the class is the registration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

UNDEFINED = "–"
Number = int | float
WARN_COMPLAINTS, BAD_COMPLAINTS = 0.001, 0.003  # Gmail and Yahoo refuse senders above the second
WARN_BOUNCES, BAD_BOUNCES = 0.02, 0.05


@dataclass(frozen=True)
class Counts:
    """The counters of one run (or one activity of it) and the rows that came to its sending activities."""

    counters: Mapping[str, int] = field(default_factory=dict)
    audience: int | None = None
    excluded: int | None = None

    def get(self, name: str) -> int:
        return self.counters.get(name, 0)

    def all(self, prefix: str) -> int:
        return sum(value for name, value in self.counters.items() if name.startswith(prefix))


class Metric:
    """One number with one definition, printed beside it."""

    key: ClassVar[str]
    label: ClassVar[Any]
    formula: ClassVar[Any]
    note: ClassVar[Any]  # what one should know to read it
    format: ClassVar[str] = "count"  # or "rate", "pace"
    rows: ClassVar[str] = ""  # which messages are behind it, see reporting/rows.py

    def value(self, counts: Counts) -> Number | None:
        """The number, or None where it is not defined."""
        raise NotImplementedError

    def tone(self, value: Number | None) -> str:
        """good, warn, bad, or nothing."""
        return ""


def ratio(part: Number | None, whole: Number | None) -> float | None:
    return None if part is None or not whole else part / whole


# --- the way to the recipient ---------------------------------------------------------------------------------------


class Audience(Metric):
    key, label = "audience", _("Audience")
    formula = _("records that reached the sending activities")
    note = _("Where several records lead to one message, each of them counts here.")

    def value(self, counts: Counts) -> Number | None:
        return counts.audience


class Excluded(Metric):
    key, label, rows = "excluded", pgettext_lazy("figure", "Excluded"), "excluded"
    formula = _("records of the audience for which no message was planned")
    note = _("The reasons are in the table of exclusions.")

    def value(self, counts: Counts) -> Number | None:
        return counts.all("excluded.") if counts.excluded is None else counts.excluded


class Planned(Metric):
    key, label, rows = "planned", pgettext_lazy("figure", "Planned"), "planned"
    formula = _("messages written down before the first was sent")
    note = _(
        "Equals the number confirmed at launch. It is split into sent, failed, unverified, suppressed, cancelled, expired and waiting."
    )

    def value(self, counts: Counts) -> Number | None:
        return counts.all("state.") + counts.all("suppressed.")


class Sent(Metric):
    key, label, rows = "sent", pgettext_lazy("figure", "Sent"), "sent"
    formula = _("messages that the receiving server accepted")
    note = _("Whether it reached the inbox is another question: see delivered.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.sent")


class Bounced(Metric):
    key, label, rows = "bounced", pgettext_lazy("figure", "Bounced"), "bounced"
    formula = _("sent messages that came back")
    note = _("A message counts once, however often it was returned.")

    def value(self, counts: Counts) -> Number | None:
        return max(counts.get("event.bounced_unique") - counts.get("bounced_not_sent"), 0)


class Delivered(Metric):
    key, label, rows = "delivered", pgettext_lazy("figure", "Delivered"), "delivered"
    formula = _("sent − bounced")
    note = _("Most mail servers do not report delivery, so what was accepted and did not come back counts.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.sent") - (Bounced().value(counts) or 0)


class DeliveryRate(Metric):
    key, label, format = "delivery_rate", _("Delivery rate"), "rate"
    formula = _("delivered ÷ sent")
    note = _("The share of the sent messages that did not come back.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(Delivered().value(counts), counts.get("state.sent"))


class BounceRate(Metric):
    key, label, format = "bounce_rate", _("Bounce rate"), "rate"
    formula = _("bounced ÷ sent")
    note = _("Above 2 % the address list wants a look, above 5 % mail providers begin to refuse.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(Bounced().value(counts), counts.get("state.sent"))

    def tone(self, value: Number | None) -> str:
        return over(value, WARN_BOUNCES, BAD_BOUNCES)


class Failed(Metric):
    key, label, rows = "failed", pgettext_lazy("figure", "Failed"), "failed"
    formula = _("messages that were refused for good")
    note = _("The answer of the server is with each message.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.failed")

    def tone(self, value: Number | None) -> str:
        return "warn" if value else ""


class Unknown(Metric):
    key, label, rows = "unknown", pgettext_lazy("figure", "Unverified"), "unknown"
    formula = _("messages that may or may not have been accepted")
    note = _("The connection broke at the moment of handing over. Such messages are never sent again by themselves.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.unknown")

    def tone(self, value: Number | None) -> str:
        return "warn" if value else ""


class Suppressed(Metric):
    key, label, rows = "suppressed", pgettext_lazy("figure", "Suppressed"), "suppressed"
    formula = _("planned messages held back at the moment of sending")
    note = _("They were planned, but somebody opted out, or was put on the suppression list, before their turn.")

    def value(self, counts: Counts) -> Number | None:
        return counts.all("suppressed.")


class Cancelled(Metric):
    key, label, rows = "cancelled", pgettext_lazy("figure", "Cancelled"), "cancelled"
    formula = _("planned messages of a run that was stopped")
    note = _("The run was stopped before their turn came.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.cancelled")


class Expired(Metric):
    key, label, rows = "expired", pgettext_lazy("figure", "Expired"), "expired"
    formula = _("planned messages that became too old to be sent")
    note = _("They could not be handed over in time.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.expired")


class Waiting(Metric):
    key, label, rows = "waiting", pgettext_lazy("figure", "Waiting"), "waiting"
    formula = _("planned messages whose turn is still to come")
    note = _("They are queued or on their way at this moment.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("state.open")


class Throughput(Metric):
    key, label, format = "throughput", _("Pace"), "pace"
    formula = _("sent ÷ minutes between the first and the last")
    note = _("Undefined when all were sent within the same second.")

    def value(self, counts: Counts) -> Number | None:
        sent, seconds = counts.get("state.sent"), counts.get("sent.last") - counts.get("sent.first")
        return sent * 60 / seconds if sent > 1 and seconds > 1 else None


# --- what the recipients did ----------------------------------------------------------------------------------------


class UniqueOpens(Metric):
    key, label, rows = "unique_opens", pgettext_lazy("figure", "Opened"), "opened"
    formula = _("messages opened at least once by a person")
    note = _("Opens by mail proxies and scanners are counted apart. People who block pictures are not seen.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.opened_unique")


class OpenRate(Metric):
    key, label, format = "open_rate", _("Open rate"), "rate"
    formula = _("opened ÷ delivered")
    note = _("Of the messages that arrived, how many were opened by a person.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(UniqueOpens().value(counts), Delivered().value(counts))


class UniqueClicks(Metric):
    key, label, rows = "unique_clicks", pgettext_lazy("figure", "Clicked"), "clicked"
    formula = _("messages with at least one click by a person")
    note = _("Clicks by scanners that follow every link are counted apart.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.clicked_unique")


class ClickRate(Metric):
    key, label, format = "click_rate", _("Click rate"), "rate"
    formula = _("clicked ÷ delivered")
    note = _("Of the messages that arrived, how many brought a click.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(UniqueClicks().value(counts), Delivered().value(counts))


class ClickToOpenRate(Metric):
    key, label, format = "click_to_open_rate", _("Click-to-open rate"), "rate"
    formula = _("clicked ÷ opened")
    note = _("Of those who looked, how many went on. It can pass 100 % where people block pictures and click all the same.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(UniqueClicks().value(counts), UniqueOpens().value(counts))


class Unsubscribes(Metric):
    key, label, rows = "unsubscribes", pgettext_lazy("figure", "Unsubscribed"), "unsubscribed"
    formula = _("messages whose recipient unsubscribed from them")
    note = _("By the link in the message or by the button of the mail program.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.unsubscribed_unique")


class UnsubscribeRate(Metric):
    key, label, format = "unsubscribe_rate", _("Unsubscribe rate"), "rate"
    formula = _("unsubscribed ÷ delivered")
    note = _("Of the messages that arrived, how many made somebody leave.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(Unsubscribes().value(counts), Delivered().value(counts))


class Complaints(Metric):
    key, label, rows = "complaints", _("Complaints"), "complained"
    formula = _("messages that their recipient declared spam")
    note = _("Only providers with a feedback loop tell.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.complained_unique")


class ComplaintRate(Metric):
    key, label, format = "complaint_rate", _("Complaint rate"), "rate"
    formula = _("complaints ÷ delivered")
    note = _("Stay below 0.1 %; at 0.3 %, large mail providers refuse.")

    def value(self, counts: Counts) -> Number | None:
        return ratio(Complaints().value(counts), Delivered().value(counts))

    def tone(self, value: Number | None) -> str:
        return over(value, WARN_COMPLAINTS, BAD_COMPLAINTS)


class TotalOpens(Metric):
    key, label = "total_opens", _("All opens")
    formula = _("every opening by a person")
    note = _("Not unique: the same person may open ten times.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.opened")


class TotalClicks(Metric):
    key, label = "total_clicks", _("All clicks")
    formula = _("every click by a person")
    note = _("Not unique: the same person may click ten times.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.clicked")


class MachineOpens(Metric):
    key, label, rows = "machine_opens", pgettext_lazy("figure", "Opened by machines"), "machine_opened"
    formula = _("messages opened at least once by a proxy or scanner")
    note = _("Privacy proxies load the pictures of mails that nobody has read; these are in no rate.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.opened_machine_unique")


class MachineClicks(Metric):
    key, label, rows = "machine_clicks", pgettext_lazy("figure", "Clicked by machines"), "machine_clicked"
    formula = _("messages with at least one click by a scanner")
    note = _("Security scanners follow links before the recipient does; these are in no rate.")

    def value(self, counts: Counts) -> Number | None:
        return counts.get("event.clicked_machine_unique")


# --- all of them, and how they are written --------------------------------------------------------------------------


def over(value: Number | None, warn: float, bad: float) -> str:
    return "" if value is None or value < warn else "warn" if value < bad else "bad"


@cache
def registry() -> dict[str, Metric]:
    """All metrics by key, in the order in which they are written above."""
    return {cls.key: cls() for cls in Metric.__subclasses__()}


def written(value: Number | None, style: str = "count") -> str:
    """The number as people of the current language write it."""
    if value is None:
        return UNDEFINED
    if style == "rate":
        return percent(float(value))
    if style == "pace":
        return gettext("%(number)s per minute") % {"number": decimal(value, 0 if value >= 10 else 1)}
    return number_format(value, 0, force_grouping=True)


def decimal(value: float, decimals: int) -> str:
    """Rounded, since Django's own function cuts off."""
    return number_format(round(value, decimals), decimals, force_grouping=True)


def percent(share: float) -> str:
    """Never rounds to 0 % or 100 % what is not; small shares get a second decimal."""
    hundred, decimals, sign = share * 100, 1 if share >= 0.01 or share == 0 else 2, ""
    if 0 < hundred < 0.01:
        hundred, sign = 0.01, "< "
    elif 99.95 <= hundred < 100:
        hundred, sign = 99.9, "> "
    elif hundred in (0, 100):
        decimals = 0
    return sign + gettext("%(number)s%%") % {"number": decimal(hundred, decimals)}
