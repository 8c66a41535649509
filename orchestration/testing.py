"""For tests: runs made to happen here and now, by the functions that workers and the clock would call."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from campaigns import publish
from campaigns.models import Version
from orchestration import jobs, launch, review
from orchestration.choices import TaskStatus
from orchestration.models import Run
from orchestration.roles import ROLES

ROUNDS = 500


def person(name: str, role: str) -> Any:
    """Somebody with one of the roles of the product."""
    user, _created = get_user_model().objects.get_or_create(username=name, defaults={"is_staff": True})
    if role not in ROLES:
        raise ValueError(f"There is no role {role}.")
    user.groups.add(Group.objects.get(name=role))
    return get_user_model().objects.get(pk=user.pk)  # without permissions remembered


def run_to_end(run: Run) -> Run:
    """Every task that is queued is done and every message that is due is sent, until nothing moves any more."""
    for _round in range(ROUNDS):
        before = snapshot(run)
        for task in run.tasks.filter(status=TaskStatus.QUEUED):
            jobs.run_task(task.pk, task.epoch)
        for task in run.tasks.filter(status=TaskStatus.SENDING):
            jobs.send_messages(task.pk)
        if snapshot(run) == before:
            run.refresh_from_db()
            return run
    raise AssertionError(f"{run} does not come to an end.")


def snapshot(run: Run) -> list[Any]:
    run.refresh_from_db(fields=["status"])
    tasks = list(run.tasks.order_by("pk").values_list("pk", "status", "epoch"))
    return [run.status, tasks, sorted(run.messages.values_list("pk", "state", "attempt"))]


def approved(version: Version, author: Any, approver: Any) -> Version:
    """Submitted, counted and approved, as people do it."""
    publish.submit(version, author)
    version.refresh_from_db()
    run_to_end(launch.start_test(version, author))
    review.approve(version, approver, "", version.digest)
    version.refresh_from_db()
    return version
