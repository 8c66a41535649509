"""Approving and launching on screen: what is looked at is what is approved, and not by its author."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import publish
from campaigns.choices import VersionStatus
from campaigns.models import Version
from orchestration import accounts, advance, jobs, launch, review
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.exceptions import RunError
from orchestration.models import ProviderAccount, Run
from orchestration.testing import approved, run_to_end
from orchestration.tests.engine.test_run_views import signed_in


@pytest.fixture
def submitted(forked: Version, author: Any) -> Version:
    publish.submit(forked, author)
    forked.refresh_from_db()
    return forked


def decide(client: Client, version: Version, decision: str, comment: str = "", digest: str | None = None) -> str:
    sent = {"decision": decision, "comment": comment, "digest": version.digest if digest is None else digest}
    answer = client.post(reverse("approval-decide", args=[version.pk]), sent, follow=True)
    version.refresh_from_db()
    return answer.content.decode()


def count(version: Version, author: Any) -> Run:
    return run_to_end(launch.start_test(version, author))


def test_it_works(submitted: Version, author: Any, approver: Any) -> None:
    run = count(submitted, author)
    client = signed_in(approver)
    assert submitted.campaign.name in client.get(reverse("approvals")).content.decode()
    page = client.get(reverse("approval", args=[submitted.pk])).content.decode()
    for words in ("Everybody", "Counted", "<svg", "Your decision", str(run.tasks.get(activity_uid="all").rows_out)):
        assert words in page
    assert "Approved. It can be launched now." in decide(client, submitted, "approve", "Fine")
    assert submitted.status == VersionStatus.APPROVED
    approval = submitted.approvals.get()
    assert (approval.by, approval.comment, approval.counts["run"]) == (approver, "Fine", run.pk)
    assert approval.counts["tasks"]["all"]["rows_out"] == run.tasks.get(activity_uid="all").rows_out


def test_nothing_is_approved_before_it_is_counted(submitted: Version, author: Any, approver: Any) -> None:
    client = signed_in(approver)
    assert "disabled" in client.get(reverse("approval", args=[submitted.pk])).content.decode()
    assert "has not been counted yet" in decide(client, submitted, "approve")
    launch.start_test(submitted, author)
    assert "has not been counted yet" in decide(client, submitted, "approve")
    assert submitted.status == VersionStatus.IN_REVIEW


def test_what_changed_meanwhile_is_not_approved(submitted: Version, author: Any, approver: Any) -> None:
    count(submitted, author)
    assert "Look at it again" in decide(signed_in(approver), submitted, "approve", digest="0" * 64)
    assert submitted.status == VersionStatus.IN_REVIEW


def test_the_author_cannot_decide(submitted: Version, author: Any) -> None:
    count(submitted, author)
    client = signed_in(author)
    page = client.get(reverse("approval", args=[submitted.pk])).content.decode()
    assert "somebody else has to approve it" in page
    assert 'value="approve"' not in page
    decide(client, submitted, "approve")
    assert submitted.status == VersionStatus.IN_REVIEW


def test_changes_are_asked_for_with_a_reason(submitted: Version, approver: Any) -> None:
    client = signed_in(approver)
    assert "Say what should change" in decide(client, submitted, "changes")
    assert submitted.status == VersionStatus.IN_REVIEW
    decide(client, submitted, "changes", "Shorter, please")
    assert submitted.status == VersionStatus.CHANGES_REQUESTED
    assert "Shorter, please" in client.get(reverse("approval", args=[submitted.pk])).content.decode()


def test_decisions_are_posts(submitted: Version, approver: Any) -> None:
    assert signed_in(approver).get(reverse("approval-decide", args=[submitted.pk])).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(approver)
    assert strict.post(reverse("approval-decide", args=[submitted.pk]), {"decision": "approve"}).status_code == 403


def test_it_is_launched_from_its_page(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    client = signed_in(author)
    address = reverse("launch", args=[version.pk])
    page = client.get(address).content.decode()
    assert "Approved by ava" in page
    answer = client.post(address, {"when": "now"})
    run = Run.objects.get(version=version, kind=RunKind.LIVE)
    assert answer.url == reverse("run-monitor", args=[run.pk])
    assert "has been launched" in client.get(address).content.decode()


def test_it_is_launched_at_a_time_in_the_workspaces_zone(forked: Version, author: Any, approver: Any, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    version = approved(forked, author, approver)
    signed_in(author).post(reverse("launch", args=[version.pk]), {"when": "later", "at": "2031-07-14T10:00"})
    run = Run.objects.get(version=version, kind=RunKind.LIVE)
    assert run.status == RunStatus.SCHEDULED
    assert run.scheduled_at.isoformat().startswith("2031-07-14T08:00")


@pytest.mark.parametrize("at", ["", "soon", "2031-13-45T10:00", "2031-03-30T02:30", "2020-01-01T00:00"])
def test_a_time_that_cannot_be_is_refused(forked: Version, author: Any, approver: Any, settings: Any, at: str) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    version = approved(forked, author, approver)
    signed_in(author).post(reverse("launch", args=[version.pk]), {"when": "later", "at": at})
    assert not Run.objects.filter(version=version, kind=RunKind.LIVE).exists()


def test_the_page_says_why_it_cannot_be_launched(submitted: Version, author: Any) -> None:
    page = signed_in(author).get(reverse("launch", args=[submitted.pk])).content.decode()
    assert "only an approved one can be launched" in page
    assert '<form method="post">' not in page


def test_a_later_version_is_compared_with_the_approved_one(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    later = publish.new_draft(version.campaign, author)
    later.activities.filter(uid="dedup").update(label="One for each")
    later.activities.filter(uid="end1").delete()
    page = signed_in(approver).get(reverse("approval", args=[later.pk])).content.decode()
    assert "One per address → One for each" in page
    assert "Removed: First end" in page


def test_a_launch_in_the_past_is_now(forked: Version, author: Any, approver: Any) -> None:
    run = launch.launch(approved(forked, author, approver), author, at=timezone.now() - timedelta(days=1))
    assert run.status == RunStatus.RUNNING


def test_the_approver_reads_the_mails_of_real_recipients(mailing: Version, author: Any, approver: Any) -> None:
    publish.submit(mailing, author)
    run = count(Version.objects.get(pk=mailing.pk), author)
    task = run.tasks.get(activity_uid="mail")
    assert task.rows_in == task.rows_out + sum(task.excluded.values())
    assert task.rows_out and {"no_address", "no_consent"} <= set(task.excluded)
    client = signed_in(approver)
    address = reverse("approval", args=[mailing.pk])
    page = client.get(address).content.decode()
    assert page.count('sandbox=""') == min(task.rows_out, review.MAILS)
    assert "srcdoc=" in page and "Dear " in page
    assert "No consent" in page
    assert f"of {task.rows_out} messages" in page
    turned = client.get(address, {"of": "mail", "mail": str(review.MAILS)}).content.decode()
    assert "mail=0#mails-mail" in turned
    assert not run.messages.exists()


@pytest.mark.parametrize("changes", [{"category": "transactional"}, {"mode": "record"}, {"category": "marketing"}])
def test_there_are_as_many_mails_to_read_as_messages_are_planned(mailing: Version, author: Any, changes: dict[str, str]) -> None:
    """Consent is not asked for a transactional mail, so those who did not agree are among its examples."""
    activity = mailing.activities.get(uid="mail")
    activity.config |= changes
    activity.save()
    run = count(Version.objects.get(pk=mailing.pk), author)
    task = run.tasks.get(activity_uid="mail")
    seen: list[str] = []
    first: int | None = 0
    while first is not None:
        shown = review.preview(run, "mail", first)
        assert (shown.error, shown.total) == ("", task.rows_out)
        seen += [entry["to"] for entry in shown.mails]
        first = shown.next
    assert len(seen) == task.rows_out
    assert all(seen)
    assert ("no_consent" in task.excluded) is (changes.get("category") != "transactional")


def test_a_launch_needs_an_account_that_is_on(mailing: Version, author: Any, approver: Any) -> None:
    version = approved(mailing, author, approver)
    ProviderAccount.objects.create(name=accounts.DEFAULT, provider=accounts.DEFAULT_PROVIDER, active=False)
    with pytest.raises(RunError, match="is switched off"):
        launch.launch(version, author)


def test_a_live_run_fills_the_ledger_and_sends(mailing: Version, account: Any, author: Any, approver: Any) -> None:
    version = approved(mailing, author, approver)
    run = launch.launch(version, author)
    for uid in ("all", "mail"):
        task = run.tasks.get(activity_uid=uid)
        jobs.run_task(task.pk, task.epoch)
    task = run.tasks.get(activity_uid="mail")
    planned = approvals_count(version)
    assert (task.status, run.messages.filter(planned=True).count(), task.rows_out) == (TaskStatus.SENDING, planned, planned)
    assert run.tasks.get(activity_uid="end").status == TaskStatus.PENDING
    run.messages.filter(state="queued").update(state="sent")
    run.messages.filter(pk=run.messages.filter(state="sent").first().pk).update(state="unknown")
    advance.advance(run.pk)
    run = run_to_end(run)
    version.refresh_from_db()
    assert (run.status, version.status) == (RunStatus.COMPLETED_WITH_ERRORS, VersionStatus.COMPLETED_WITH_ERRORS)
    assert "could not be verified" in run.error


def approvals_count(version: Version) -> int:
    return int(version.approvals.get().counts["planned"])
