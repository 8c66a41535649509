"""Definitions, undefined rates, and how numbers are written."""

import pytest
from django.utils.translation import override

from reporting.metrics import UNDEFINED, Counts, percent, registry, written

FULL = Counts(
    {
        "state.sent": 1000, "state.failed": 8, "state.unknown": 2, "state.cancelled": 4, "state.expired": 3, "state.open": 5, "suppressed.opted_out": 6,
        "excluded.no_address": 70, "event.bounced_unique": 22, "bounced_not_sent": 2, "event.opened": 900, "event.opened_unique": 490,
        "event.opened_machine_unique": 55, "event.clicked": 130, "event.clicked_unique": 98, "event.unsubscribed_unique": 7, "event.complained_unique": 1,
        "sent.first": 1_000_000, "sent.last": 1_000_600,
    },
    audience=1100, excluded=72,
)  # fmt: skip


def value(key: str, counts: Counts = FULL):
    return registry()[key].value(counts)


def test_it_works() -> None:
    assert [value(key) for key in ("audience", "excluded", "planned", "sent", "bounced", "delivered")] == [1100, 72, 1028, 1000, 20, 980]
    assert (value("delivery_rate"), value("bounce_rate"), value("open_rate"), value("click_rate")) == (0.98, 0.02, 0.5, 0.1)
    assert (value("click_to_open_rate"), value("unsubscribe_rate"), value("throughput")) == (0.2, 7 / 980, 100)


def test_planned_is_the_sum_of_what_became_of_them() -> None:
    assert value("planned") == sum(value(key) for key in ("sent", "failed", "unknown", "suppressed", "cancelled", "expired", "waiting"))


@pytest.mark.parametrize("metric", registry().values(), ids=lambda metric: metric.key)
def test_every_metric_is_described_and_survives_nothing(metric) -> None:
    assert str(metric.label) and str(metric.formula) and str(metric.note)
    nothing = metric.value(Counts())
    assert nothing is None if metric.format in ("rate", "pace") or metric.key == "audience" else nothing == 0
    assert metric.tone(nothing) == ""
    assert written(nothing, metric.format) in (UNDEFINED, "0")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (1, "100%"),
        (0.976, "97.6%"),
        (0.00401, "0.40%"),
        (0.00001, "< 0.01%"),
        (0.99999, "> 99.9%"),
        (1.2346, "123.5%"),
        (12.5, "1,250.0%"),
    ],
)
def test_rates_never_round_to_none_or_all(share, text) -> None:
    assert percent(share) == text


def test_numbers_are_written_in_the_reader_s_language() -> None:
    with override("fr"):
        assert written(4312).replace("\u202f", "\xa0") == "4\xa0312"
        assert percent(0.976).startswith("97,6")


@pytest.mark.parametrize(("share", "tone"), [(0.0009, ""), (0.001, "warn"), (0.003, "bad")])
def test_complaints_warn_where_mail_providers_do(share, tone) -> None:
    assert registry()["complaint_rate"].tone(share) == tone
