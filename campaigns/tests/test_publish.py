"""Publish: four eyes, kept by the verbs and by the database; what is frozen stays as it is."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from campaigns import canvas, publish
from campaigns.choices import Decision, VersionStatus
from campaigns.exceptions import CampaignError, NotAllowed
from campaigns.models import Activity, Approval, Sender, Transition, Version
from campaigns.testing import APPROVER, MARKETER, audience, draw, person, sender, where
from schemas.models import Field
from schemas.testing import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    small_world()
    return person("author")


@pytest.fixture
def approver() -> User:
    return person("approver", APPROVER)


def mail() -> dict:
    return {
        "uid": "mail", "kind": "email",
        "config": {"sender": sender().pk, "subject": "Hello", "body": "Hello {{ customer.first_name }}", "category": "marketing"},
    }  # fmt: skip


def paris(user: User) -> Version:
    return draw(user, [audience("who", where("city", "eq", "Paris")), mail()], ["who>mail"])


def test_it_works(author: User, approver: User) -> None:
    version = publish.submit(paris(author), author)
    assert (version.status, len(version.digest)) == (VersionStatus.IN_REVIEW, 64)
    version = publish.approve(version, approver, "Good.", counts={"who": 4})
    assert (version.status, version.approved_by) == (VersionStatus.APPROVED, approver)
    decision = version.approvals.get()
    assert (decision.decision, decision.by, decision.requested_by, decision.counts) == (Decision.APPROVED, approver, author, {"who": 4})
    assert decision.digest == version.digest == publish.digest(version)


def test_it_lists_all_problems_at_once_and_submits_nothing(author: User) -> None:
    version = draw(
        author,
        [audience("who", where("towns", "eq", "Paris")), {"uid": "loose", "kind": "end"}, {"uid": "mail", "kind": "email"}],
        ["who>mail"],
    )
    with pytest.raises(CampaignError) as caught:
        publish.submit(version, author)
    assert {problem.where for problem in caught.value.problems} >= {"who", "loose", "mail"}
    assert Version.objects.get(pk=version.pk).status == VersionStatus.DRAFT


@pytest.mark.parametrize("role", ["author", "contributor", "submitter", "superuser who drew"])
def test_it_never_lets_those_approve_who_took_part(author: User, role: str) -> None:
    version = paris(author)
    second = person("second", [*MARKETER, *APPROVER])
    if role == "superuser who drew":
        User.objects.filter(pk=second.pk).update(is_superuser=True)
        second = User.objects.get(pk=second.pk)
    if role in ("contributor", "superuser who drew"):
        canvas.save(version, canvas.read(version), second, version.revision)
    publish.submit(version, second if role == "submitter" else author)
    eager = author if role == "author" else second
    eager.user_permissions.set([*eager.user_permissions.all(), *person("other", APPROVER).user_permissions.all()])
    with pytest.raises(NotAllowed, match="somebody else"):
        publish.approve(version, User.objects.get(pk=eager.pk))
    assert Version.objects.get(pk=version.pk).status == VersionStatus.IN_REVIEW
    assert not Approval.objects.exists()


def test_it_asks_for_permission_in_every_verb(author: User) -> None:
    version, nobody = paris(author), person("nobody", [])
    for call in (
        lambda: publish.create_campaign("X", nobody),
        lambda: canvas.save(version, canvas.read(version), nobody, version.revision),
        lambda: publish.submit(version, nobody),
        lambda: publish.approve(version, nobody),
        lambda: publish.request_changes(version, nobody, "No."),
        lambda: publish.withdraw(version, nobody),
        lambda: publish.new_draft(version.campaign, nobody),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_it_refuses_people_who_were_deactivated(author: User) -> None:
    User.objects.filter(pk=author.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        publish.submit(paris(person("other")), User.objects.get(pk=author.pk))


def test_the_database_refuses_an_approver_who_submitted(author: User) -> None:
    version = publish.submit(paris(author), author)
    with pytest.raises(IntegrityError, match="signed_version_has_another_approver"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(status=VersionStatus.APPROVED, approved_by=author)
    with pytest.raises(IntegrityError, match="signed_version_has_another_approver"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(status=VersionStatus.LIVE)
    with pytest.raises(IntegrityError, match="approver_is_not_the_author"), transaction.atomic():
        Approval.objects.create(version=version, decision=Decision.APPROVED, by=author, requested_by=author, digest="x")


def test_the_database_keeps_a_frozen_drawing(author: User) -> None:
    other = draw(author, [audience("x")], name="Other")
    version = publish.submit(paris(author), author)
    who = version.activities.get(uid="who")
    attempts = [
        lambda: Activity.objects.filter(pk=who.pk).update(label="Changed"),
        lambda: Activity.objects.filter(pk=who.pk).update(version=other),
        lambda: other.activities.update(version=version),
        lambda: Activity.objects.create(version=version, uid="new", kind="end", label="New"),
        lambda: version.transitions.all().delete(),
        lambda: version.activities.filter(uid="mail").delete(),
        lambda: Transition.objects.create(version=version, source=who, target=who),
        lambda: version.campaign.delete(),
    ]
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
            attempt()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_activity SET config = '{}' WHERE version_id = %s", [version.pk])


def test_a_draft_can_be_deleted(author: User) -> None:
    draw(author, [audience("x")]).campaign.delete()
    assert not Activity.objects.exists()


def test_it_asks_for_changes_with_a_reason(author: User, approver: User) -> None:
    version = publish.submit(paris(author), author)
    with pytest.raises(CampaignError, match="Say what"):
        publish.request_changes(version, approver, "  ")
    version = publish.request_changes(version, approver, "Say hello in French.")
    assert version.editable and not version.digest
    canvas.save(version, canvas.read(version), author, version.revision)
    assert publish.submit(version, author).approvals.get().comment == "Say hello in French."


def test_it_withdraws_what_was_not_launched(author: User, approver: User) -> None:
    version = publish.approve(publish.submit(paris(author), author), approver)
    version = publish.withdraw(version, author)
    assert (version.status, version.approved_by, version.digest) == (VersionStatus.DRAFT, None, "")
    with pytest.raises(CampaignError, match="not waiting"):
        publish.approve(version, approver)
    publish.approve(publish.submit(version, author), approver)
    publish.set_status(version, VersionStatus.LIVE)
    with pytest.raises(CampaignError, match="not launched"):
        publish.withdraw(version, author)


def test_a_new_draft_keeps_uids_and_needs_a_new_approval(author: User, approver: User) -> None:
    version = publish.approve(publish.submit(paris(author), author), approver)
    draft = publish.new_draft(version.campaign, author)
    assert (draft.number, draft.status, list(draft.contributors.all())) == (2, VersionStatus.DRAFT, [author])
    old, new = canvas.read(version), canvas.read(draft)
    assert [a["uid"] for a in new["activities"]] == ["who", "mail"]
    assert new["transitions"] == old["transitions"] and publish.digest(draft) == version.digest
    with pytest.raises(CampaignError, match="still a draft"):
        publish.new_draft(version.campaign, author)


def test_an_approval_is_void_when_a_sender_or_a_field_changes(author: User, approver: User) -> None:
    version = publish.submit(paris(author), author)
    Sender.objects.update(from_email="other@tutti.localhost")
    with pytest.raises(CampaignError, match="does not mean"):
        publish.approve(version, approver)
    Sender.objects.update(from_email="shop@tutti.localhost")
    Field.objects.filter(schema__name="customer", name="city").update(type="long_text")
    with pytest.raises(CampaignError, match="does not mean"):
        publish.approve(version, approver)


def test_the_digest_covers_what_is_sent_to_whom_and_nothing_else(author: User) -> None:
    version = paris(author)
    first = publish.digest(version)

    def changed(change) -> bool:
        graph = canvas.read(version)
        change(graph)
        version.revision = canvas.save(version, graph, author, version.revision)
        return publish.digest(version) != first

    assert not changed(lambda g: g["activities"][0].update(x=999, label="Other label"))
    assert not changed(lambda g: g["transitions"][0].update(label="Everybody"))
    assert changed(lambda g: g["activities"][1]["config"].update(subject="Goodbye"))
    assert changed(lambda g: g["activities"][1]["config"].update(subject="Hello", body="Hi"))
    assert changed(lambda g: g["activities"][0]["config"]["rule"]["where"]["items"][0].update(value="Lyon"))
    assert changed(lambda g: g["transitions"].clear())
    assert changed(lambda g: g["activities"].append({"uid": "end", "kind": "end", "label": "End", "x": 0, "y": 0, "config": {}}))


def test_an_unused_field_does_not_void_an_approval(author: User) -> None:
    version = paris(author)
    before = publish.digest(version)
    Field.objects.filter(schema__name="customer", name="phone").update(type="text")
    Field.objects.filter(schema__name="customer", name="city").update(label="Town")
    assert publish.digest(version) == before
