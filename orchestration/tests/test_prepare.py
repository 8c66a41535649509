"""Filling the ledger: one statement, every row accounted for, the same reasons in a test as in earnest."""

import hmac

import pytest
from django.db import connection, transaction

from orchestration import keys, suppress
from orchestration.choices import RunKind, SuppressionKind
from orchestration.deliver import prepare, settled, summary
from orchestration.exceptions import RunError
from orchestration.models import Message
from orchestration.tests.sending import make_task, prepared, step

pytestmark = pytest.mark.django_db
CONSENT = {"text": "SELECT true", "params": {}}

ROWS = [
    ([1], "ann@example.org", True),
    ([2], None, True),
    ([3], "   ", True),
    ([4], "not an address", True),
    ([5], "two@example.org, three@example.org", True),
    ([6], "no@example.org", False),
    ([7], "unasked@example.org", None),
    ([8], " Gone@Example.ORG ", True),
    ([9], "x" * 65 + "@example.org", True),
    ([10], "Ａnn2@example.org", True),
    ([11], "left@example.org", True),
]
EXPECTED = {"invalid_address": 3, "no_address": 2, "no_consent": 2, "bounced": 1, "opted_out": 1}


@pytest.fixture
def suppressed() -> None:
    suppress.add("gone@example.org", SuppressionKind.HARD_BOUNCE)
    suppress.add("left@example.org", SuppressionKind.OPT_OUT)


def test_it_works(suppressed: None) -> None:
    task = make_task()
    table = prepared("p1", ROWS)
    counts = prepare(task, step(CONSENT), table)
    assert counts == {"planned": 2, "excluded": EXPECTED}
    assert counts["planned"] + sum(counts["excluded"].values()) == len(ROWS)
    ann = Message.objects.get(recipient_key="[1]")
    assert (ann.state, ann.reason, ann.planned, ann.entity_key) == ("queued", "", True, "[1]")
    assert ann.context == {"first_name": "Ann"}
    gone = Message.objects.get(recipient_key="[8]")
    assert (gone.state, gone.reason, gone.planned, gone.context) == ("suppressed", "bounced", False, {})
    assert not settled(task)


def test_a_test_run_counts_the_same_and_keeps_nothing(suppressed: None) -> None:
    table = prepared("p1", ROWS)
    tested = prepare(make_task(RunKind.TEST), step(CONSENT), table)
    assert not Message.objects.exists()
    assert tested == prepare(make_task(RunKind.LIVE), step(CONSENT), table)


def test_again_is_a_no_op(suppressed: None) -> None:
    task, table = make_task(), prepared("p1", ROWS)
    first = prepare(task, step(CONSENT), table)
    before = list(Message.objects.order_by("id").values())
    assert prepare(task, step(CONSENT), table) == first
    assert list(Message.objects.order_by("id").values()) == before


def test_hash_in_sql_and_in_python_agree() -> None:
    spellings = ["ann@example.org", " Ann@EXAMPLE.org\n", "Ａnn@example.org", "ÉLODIE@exemple.fr", "i̇stanbul@x.tr", "ü@bücher.example"]
    prepare(make_task(), step(), prepared("p1", [([n], a, None) for n, a in enumerate(spellings)]))
    stored = dict(Message.objects.values_list("recipient_key", "address_hash"))
    assert stored == {f"[{n}]": suppress.address_hash(a) for n, a in enumerate(spellings)}
    assert stored["[0]"] == stored["[1]"] == stored["[2]"]


def test_tokens_and_message_ids_are_signed_and_stable() -> None:
    task = make_task()
    prepare(task, step(), prepared("p1", [([1, "é"], "ann@example.org", None)]))
    message = Message.objects.get()
    who = f"{task.run_id}|{task.activity_uid}|{message.recipient_key}|{message.entity_key}"
    digest = hmac.new(keys.derived("token"), who.encode(), "sha256").hexdigest()
    assert (message.token, message.message_id) == (digest[:32], f"<{digest[32:]}@tutti.localhost>")


def test_transactional_mail_needs_no_consent_but_respects_bounces(suppressed: None) -> None:
    counts = prepare(make_task(), step(CONSENT, category="transactional"), prepared("p1", ROWS))
    assert counts == {"planned": 5, "excluded": {"invalid_address": 3, "no_address": 2, "bounced": 1}}


def test_without_a_consent_field_nobody_is_excluded_for_it() -> None:
    counts = prepare(make_task(), step(None), prepared("p1", [([1], "ann@example.org", None)]))
    assert counts == {"planned": 1, "excluded": {}}


def test_one_per_address() -> None:
    rows = [([2], "ann@example.org", None), ([1], "ANN@example.org", None), ([3], None, None), ([4], None, None)]
    counts = prepare(make_task(), step(None, one_per_address=True), prepared("p1", rows))
    assert counts == {"planned": 1, "excluded": {"duplicate_address": 1, "no_address": 2}}
    assert Message.objects.get(planned=True).recipient_key == "[1]"


def test_a_key_wanted_twice_is_counted_not_lost() -> None:
    rows = [([1], "ann@example.org", None), ([1], "bob@example.org", None), ([2], "eve@example.org", None)]
    table = prepared("p1", rows)
    expected = {"planned": 2, "excluded": {"same_recipient": 1}}
    assert prepare(make_task(RunKind.TEST), step(), table) == expected
    assert prepare(make_task(), step(), table) == expected
    assert Message.objects.get(recipient_key="[1]").address == "ann@example.org"


def test_a_key_that_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(RunError, match="longer than 300"):
        prepare(make_task(), step(), prepared("p1", [(["k" * 400], "ann@example.org", None)]))


def test_empty_table() -> None:
    task = make_task()
    assert prepare(task, step(), prepared("p1", [])) == {"planned": 0, "excluded": {}}
    assert settled(task)


def test_no_key_in_any_statement(settings) -> None:
    with transaction.atomic(), connection.execute_wrapper(seen := Seen()):
        prepare(make_task(), step(CONSENT), prepared("p1", ROWS))
    secrets = [keys.address_key(), keys.derived("token"), *keys.pads(keys.address_key()), *keys.pads(keys.derived("token"))]
    assert seen.texts and not [s for s in secrets for text in seen.texts if s.hex() in text or repr(s) in text]


class Seen:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        self.texts.append(f"{sql!s} {params!r}")
        return execute(sql, params, many, context)


def test_summary_adds_up(suppressed: None) -> None:
    task = make_task()
    prepare(task, step(CONSENT), prepared("p1", ROWS))
    Message.objects.filter(recipient_key="[1]").update(state="sent")
    figures = summary(task.run)["email"]
    assert figures["planned"] == 2 == figures["sent"] + figures["open"]
    assert figures["excluded"] == EXPECTED


def test_a_record_with_nobody_behind_it_has_a_reason_of_its_own() -> None:
    assert prepare(make_task(), step(CONSENT), prepared("p1", [([], None, None)])) == {"planned": 0, "excluded": {"no_recipient": 1}}
