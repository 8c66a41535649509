"""The monitor and what the canvas asks: who may see what, and that it says what happened."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Version
from orchestration import launch
from orchestration.choices import RunStatus
from orchestration.models import Run
from orchestration.roles import MANAGER
from orchestration.testing import person, run_to_end
from orchestration.tests.engine.test_execute import spoil


@pytest.fixture
def done(forked: Version, author: Any) -> Run:
    return run_to_end(launch.start_test(forked, author))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_works(done: Run, author: Any) -> None:
    page = signed_in(author).get(reverse("run-monitor", args=[done.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("Everybody", "Halves", "One per address", "Completed", "SELECT"):
        assert words in text
    assert f"version={done.version.number}&amp;run={done.pk}" in text


def test_the_fragment_stops_asking_when_the_run_has_ended(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    client = signed_in(author)
    address = reverse("run-monitor-part", args=[run.pk])
    assert client.get(address).status_code == 200
    run_to_end(run)
    assert client.get(address).status_code == 286


def test_the_state_is_what_the_canvas_was_promised(done: Run, author: Any) -> None:
    state = signed_in(author).get(reverse("run-state", args=[done.pk])).json()
    assert state["run"]["status"] == "completed"
    assert set(state["run"]) == {"id", "kind", "status", "status_label", "error", "started", "finished"}
    promised = {
        "id",
        "status",
        "status_label",
        "rows_in",
        "rows_out",
        "complement",
        "excluded",
        "excluded_labels",
        "counts",
        "seconds",
        "error",
    }
    assert promised | {"waits_until", "sending"} <= set(state["tasks"]["split"])
    assert state["tasks"]["split"]["counts"]["out_1"] > 0


def test_rows_show_people_not_only_keys(done: Run, author: Any) -> None:
    client = signed_in(author)
    asked = {"run": done.pk, "uid": "all", "port": "out"}
    found = client.get(reverse("run-rows"), {**asked, "format": "json"}).json()
    assert {"first_name", "last_name", "email"} <= {column["alias"] for column in found["columns"]}
    assert len(found["rows"]) == found["total"] == done.tasks.get(activity_uid="all").rows_out
    name = found["rows"][0][[c["alias"] for c in found["columns"]].index("last_name")]
    fragment = client.get(reverse("run-rows"), asked, headers={"X-Requested-With": "XMLHttpRequest"}).content.decode()
    assert name in fragment
    assert "<html" not in fragment
    page = client.get(reverse("run-rows"), {**asked, "q": name}).content.decode()
    assert "<html" in page
    assert name in page
    assert "Nobody here matches" in client.get(reverse("run-rows"), {**asked, "q": "%_nobody"}).content.decode()


def test_rows_need_their_own_permission(done: Run) -> None:
    manager = signed_in(person("max", MANAGER))
    assert manager.get(reverse("run-monitor", args=[done.pk])).status_code == 200
    refused = manager.get(reverse("run-rows"), {"run": done.pk, "uid": "all", "port": "out", "format": "json"})
    assert refused.status_code == 403
    assert "may not see the records" in refused.json()["message"]


@pytest.mark.parametrize("port", ["nothing", "prepared", "out'; DROP TABLE x --"])
def test_rows_of_what_is_not_there_say_so(done: Run, author: Any, port: str) -> None:
    answer = signed_in(author).get(reverse("run-rows"), {"run": done.pk, "uid": "all", "port": port, "format": "json"})
    assert answer.status_code == 409
    assert "not kept any more" in answer.json()["message"]


def test_a_test_is_started_by_post_only(forked: Version, author: Any) -> None:
    client = signed_in(author)
    address = reverse("run-test", args=[forked.pk])
    assert client.get(address).status_code == 405
    assert not Run.objects.exists()
    answer = client.post(address, json.dumps({"version": forked.pk}), content_type="application/json")
    assert Run.objects.get().pk == answer.json()["run"]
    assert Client().post(address).status_code == 302


def test_a_refused_test_tells_each_problem_and_its_box(forked: Version, author: Any) -> None:
    forked.transitions.filter(target__uid="split").delete()
    answer = signed_in(author).post(reverse("run-test", args=[forked.pk]), "{}", content_type="application/json")
    assert answer.status_code == 409
    assert "split" in {problem["where"] for problem in answer.json()["problems"]}


def test_controls_by_post(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    client = signed_in(author)
    address = reverse("run-control", args=[run.pk])
    for action, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        answer = client.post(address, {"action": action}, headers={"X-Requested-With": "XMLHttpRequest"})
        assert answer.json()["run"]["status"] == status
    assert client.post(address, {"action": "resume"}, headers={"Accept": "application/json"}).status_code == 409
    assert client.post(address, {"action": "explode"}, headers={"Accept": "application/json"}).status_code == 409
    assert client.get(address).status_code == 405


def test_a_failed_activity_is_retried_from_its_row(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    right = spoil(run, "all", "SELECT 1/0 AS k_1")
    spoil(run, "all", right)
    spoil(run, "dedup", "SELECT 1/0 AS k_1")
    run_to_end(run)
    client = signed_in(author)
    page = client.get(reverse("run-monitor", args=[run.pk])).content.decode()
    assert "division by zero" in page
    assert 'value="retry"' in page
    answer = client.post(reverse("run-control", args=[run.pk]), {"action": "retry", "task": run.tasks.get(activity_uid="dedup").pk})
    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


def test_what_users_typed_is_escaped(forked: Version, author: Any) -> None:
    forked.activities.filter(uid="all").update(label="<script>alert(1)</script>")
    run = run_to_end(launch.start_test(forked, author))
    text = signed_in(author).get(reverse("run-monitor", args=[run.pk])).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_list_of_runs(done: Run, author: Any) -> None:
    client = signed_in(author)
    page = client.get(reverse("admin:orchestration_run_changelist"))
    assert "Completed" in page.content.decode()
    assert client.get(reverse("admin:orchestration_run_change", args=[done.pk])).url == reverse("run-monitor", args=[done.pk])


def test_every_kind_of_step_has_words(mailing: Version, author: Any) -> None:
    run = run_to_end(launch.start_test(mailing, author))
    text = signed_in(author).get(reverse("run-monitor", args=[run.pk])).content.decode()
    for words in ("List the messages wanted", "Hand those who are written to on", "Count what is looked at", "asked again just before"):
        assert words in text
