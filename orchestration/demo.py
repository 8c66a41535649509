"""The main job without a person: sign in, test, submit, approve, launch, open, click, report; then add everything up.

Everything that a person would do goes through the same web requests; only the figures that are printed at the end are
read from the database, so that what the screens say can be checked against it.
"""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from campaigns.models import Campaign, Version
from orchestration import deliver, review
from orchestration.browse import Person, Unexpected, links, pictures
from orchestration.choices import RUN_FINISHED, RunKind, RunStatus
from orchestration.models import InboxMail, Message, Run, Task
from orchestration.people import ensure_people

CAMPAIGNS = ("Autumn thank-you", "Booking reminder")
RUN_SECONDS = 600
REPORT_SECONDS = 60
OPENED, CLICKED, LEFT = 30, 12, 2  # how many mails the demo's recipients open, click in, and unsubscribe from
READ_AFTER = timedelta(seconds=3)  # whoever opens a mail sooner counts as a machine
OVER = RUN_FINISHED | {RunStatus.FAILED}


@dataclass
class Demo:
    """One performance of one sample campaign."""

    site: str
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        people = ensure_people(Path(settings.VAR_DIR))
        self.marketer, self.approver, self.manager = (Person(self.site, name).sign_in(password) for name, password in people.values())

    def perform(self, name: str) -> list[str]:
        """Take one campaign from its draft to its report; return what does not add up."""
        campaign = Campaign.objects.get(name=name)
        self.say(f"\n{name}")
        version = self.drafted(campaign)
        test = self.tested(version)
        self.marketer.post(f"/admin/campaigns/versions/{version.pk}/submit/", {"next": "/admin/"})
        version.refresh_from_db()
        self.approve(version)
        run = self.launched(version)
        opened = self.receive(run)
        return [*self.print_tasks(test, run), *self.print_sendings(test, run), *self.report(campaign, run, opened)]

    # --- before the launch ----------------------------------------------------------------------------------------

    def drafted(self, campaign: Campaign) -> Version:
        """The draft, or a new one when the demo has been performed before."""
        version = campaign.latest
        if not version.editable:
            self.marketer.post(f"/admin/campaigns/versions/{version.pk}/draft/", {})
            version = campaign.latest
        if not version.editable:
            raise Unexpected(f"{campaign} could not be opened for editing.")
        return version

    def tested(self, version: Version) -> Run:
        answer = self.marketer.post(f"/admin/versions/{version.pk}/test/", {}, accept="application/json")
        return self.finished(self.marketer, json.loads(answer)["run"])

    def approve(self, version: Version) -> None:
        """The approver looks at the page, and signs what it shows."""
        self.until(
            lambda: b'name="digest"' in self.approver.get(f"/admin/approvals/{version.pk}/"), "The approval page offered no decision."
        )
        page = self.approver.get(f"/admin/approvals/{version.pk}/").decode()
        shown = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
        form = {"decision": "approve", "comment": "Looks right.", "digest": shown.group(1) if shown else ""}
        self.approver.post(f"/admin/approvals/{version.pk}/decide/", form)
        version.refresh_from_db()
        if version.status != "approved":
            raise Unexpected(f"{version} was not approved; it is {version.get_status_display()}.")

    def launched(self, version: Version) -> Run:
        self.marketer.post(f"/admin/versions/{version.pk}/launch/", {"when": "now"})
        run = Run.objects.filter(version=version, kind=RunKind.LIVE).first()
        if run is None:
            raise Unexpected(f"{version} was not launched.")
        return self.finished(self.marketer, run.pk)

    def finished(self, person: Person, run_id: int) -> Run:
        """Wait as the screens do, by asking for the run's state."""

        def over() -> bool:
            return json.loads(person.get(f"/admin/runs/{run_id}/state/", "application/json"))["run"]["status"] in OVER

        self.until(over, f"Run {run_id} did not end.", RUN_SECONDS)
        return Run.objects.get(pk=run_id)

    def until(self, true: Callable[[], bool], complaint: str, seconds: float = REPORT_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise Unexpected(complaint)
            time.sleep(0.5)

    # --- the recipients -------------------------------------------------------------------------------------------

    def receive(self, run: Run) -> int:
        """Some recipients open their mail, some click, a few unsubscribe, each by the mail's own addresses; how many opened."""
        self.until(lambda: not Message.objects.filter(run=run, sent_at__gt=timezone.now() - READ_AFTER).exists(), "The clock stands still.")
        sent = Message.objects.filter(run=run, state="sent").order_by("id").values_list("message_id", flat=True)[:OPENED]
        mails = InboxMail.objects.filter(message_id__in=[value.strip("<>") for value in sent] + list(sent)).order_by("id")
        number = -1
        for number, mail in enumerate(mails[:OPENED]):
            page = self.marketer.get(f"/admin/inbox/{mail.pk}/html/").decode(errors="replace")
            reader = Person(self.site, "recipient")
            for picture in [p for p in pictures(page) if "/o/" in p][:1]:
                reader.get(picture)
            if number < CLICKED:
                for link in [target for target in links(page) if "/c/" in target][:1]:
                    reader.click(link)
            if number < LEFT:
                for link in [target for target in links(page) if "/u/" in target][:1]:
                    reader.post(link, {"List-Unsubscribe": "One-Click"})
        return number + 1

    # --- the figures ----------------------------------------------------------------------------------------------

    def print_tasks(self, test: Run, run: Run) -> list[str]:
        self.say(f"  {'activity':<34}{'in':>9}{'out':>9}{'complement':>12}{'excluded':>10}")
        wrong = []
        tested = {task.activity_uid: task for task in test.tasks.all()}
        for task in run.tasks.order_by("finished_at", "id"):
            self.say(
                f"  {task.label[:33]:<34}{number(task.rows_in)}{number(task.rows_out)}{number(task.complement, 12)}{number(sum(task.excluded.values()), 10)}"
            )
            for reason, rows in task.excluded.items():
                self.say(f"      {rows:,} {deliver.reason_label(reason).lower()}")
            wrong += self.imbalance(task)
            before = tested.get(task.activity_uid)
            if before and before.rows_out != task.rows_out:
                wrong.append(f"{task.label}: the test counted {before.rows_out}, the run {task.rows_out}")
        return wrong

    def imbalance(self, task: Task) -> list[str]:
        """rows in = rows out + complement + excluded; a fork's branches each carry all of them."""
        if task.status != "done":
            return [f"{task.label} is {task.get_status_display()}: {task.error}"]
        copies = task.kind == "fork"
        out = task.rows_out if not copies else task.rows_in
        total = (out or 0) + task.complement + sum(task.excluded.values())
        return [] if total == (task.rows_in or 0) else [f"{task.label}: {task.rows_in} rows came in, {total} are accounted for"]

    def print_sendings(self, test: Run, run: Run) -> list[str]:
        wrong = [] if run.status == RunStatus.COMPLETED else [f"The run ended as {run.get_status_display()}. {run.error}"]
        seen, planned = (sum(sending.planned for sending in review.sendings(one)) for one in (test, run))
        if seen != planned:
            wrong.append(f"The approver saw {seen} messages, {planned} were planned.")
        for channel, s in deliver.summary(run).items():
            parts = {key: s[key] for key in ("sent", "failed", "unknown", "suppressed", "cancelled", "expired", "open")}
            self.say(f"  {channel}: planned {s['planned']:,}; " + ", ".join(f"{key} {value:,}" for key, value in parts.items()))
            if sum(parts.values()) != s["planned"]:
                wrong.append(f"{channel}: {s['planned']} planned, {sum(parts.values())} accounted for")
            wrong += self.received(run, channel, s["sent"])
        return wrong

    def received(self, run: Run, channel: str, sent: int) -> list[str]:
        """The local inbox is the other side: it must hold each sent message once, and no other."""
        if not settings.EMAIL_URL.startswith(f"smtp://{settings.INBOX_HOST}:{settings.INBOX_PORT}"):
            return []
        ids = Message.objects.filter(~Q(message_id=""), run=run, channel=channel, state="sent").values_list("message_id", flat=True)
        wanted = {value.strip("<>") for value in ids}
        found = [m.strip("<>") for m in InboxMail.objects.values_list("message_id", flat=True) if m.strip("<>") in wanted]
        if len(found) == len(set(found)) == sent:
            return []
        return [f"{channel}: {sent} sent, but the inbox holds {len(found)} mails of this run ({len(set(found))} different)"]

    def report(self, campaign: Campaign, run: Run, opened: int) -> list[str]:
        """The manager reads the dashboard's figures and takes the PDF away."""
        sheet = f"/admin/reports/campaigns/{campaign.pk}/csv/?run={run.pk}"
        self.until(lambda: figure(self.manager.get(sheet), "Opened") == opened, "The opens did not reach the report.")
        shown = {name: figure(self.manager.get(sheet), name) for name in ("Planned", "Sent", "Clicked", "Unsubscribed")}
        self.say("  report: " + ", ".join(f"{name.lower()} {value:,}" for name, value in {**shown, "Opened": opened}.items()))
        path = Path(settings.VAR_DIR) / f"demo-{campaign.pk}.pdf"
        document = self.manager.get(f"/admin/reports/campaigns/{campaign.pk}/pdf/?run={run.pk}")
        path.write_bytes(document)
        self.say(f"  PDF: {path}")
        return [] if document.startswith(b"%PDF-") else ["The PDF is not a PDF."]


def figure(sheet: bytes, name: str) -> int:
    """One figure of the CSV; -1 while it is not there."""
    rows = csv.reader(io.StringIO(sheet.decode("utf-8-sig")))
    return next((int(row[3]) for row in rows if row[:1] == ["Figures"] and row[2] == name), -1)


def number(value: int | None, width: int = 9) -> str:
    return f"{'–' if value is None else format(value, ',')}".rjust(width)


def run_demo(site: str, say: Callable[[str], None]) -> int:
    """Perform both sample campaigns; 0 when everything adds up."""
    with translation.override("en"):
        try:
            demo = Demo(site, say)
            wrong = [complaint for name in CAMPAIGNS for complaint in demo.perform(name)]
        except (Unexpected, Campaign.DoesNotExist) as error:
            wrong = [str(error)]
    for complaint in wrong:
        say(f"WRONG: {complaint}")
    say("\nEverything adds up." if not wrong else f"\n{len(wrong)} things do not add up.")
    return 1 if wrong else 0
