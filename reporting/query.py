"""campaign_figures: the one function that reports ask. Nothing else computes a figure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Sum
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from campaigns.activities.base import registry as activity_types
from campaigns.choices import Channel
from campaigns.models import Campaign
from orchestration.choices import RUN_FINISHED, Reason, RunKind, RunStatus, TaskStatus
from orchestration.models import Run, Task
from reporting.figures import ActivityRow, Exclusion, Figure, Figures, Header, LinkRow, Stage
from reporting.metrics import Counts, Number, percent, ratio, registry, written
from reporting.models import LinkRollup, Rollup, Watermark
from reporting.roll_up import EVENTS
from reporting.timeline import timeline, written_moment

LINKS_SHOWN = 50
FUNNEL = ("audience", "planned", "sent", "delivered", "unique_opens", "unique_clicks")
RUN_TONES = {
    RunStatus.RUNNING: "info", RunStatus.SCHEDULED: "info", RunStatus.PAUSED: "warn", RunStatus.COMPLETED: "good",
    RunStatus.COMPLETED_WITH_ERRORS: "warn", RunStatus.FAILED: "bad", RunStatus.STOPPED: "bad",
}  # fmt: skip
TASK_TONES = {
    TaskStatus.DONE: "good",
    TaskStatus.FAILED: "bad",
    TaskStatus.RUNNING: "info",
    TaskStatus.SENDING: "info",
    TaskStatus.STOPPED: "warn",
}

Counters = Mapping[str, int]


def campaign_figures(campaign: Campaign, run: Run | None = None) -> Figures:
    """Everything that is known about one run, by default the latest live one."""
    run = run or default_run(campaign)
    if run is None:
        return Figures(
            header=Header(campaign=campaign.pk, name=campaign.name, description=campaign.description), metrics=figures_of(Counts())
        )
    tasks, counters = list(run.tasks.order_by("pk")), counters_of([run.pk])[run.pk]
    counts, folded = counts_of(tasks, counters), Watermark.objects.filter(name=EVENTS).first()
    metrics = figures_of(counts)
    links, links_in_all = links_of(run, tasks, counts)
    figures = Figures(
        header=header_of(campaign, run),
        metrics=metrics,
        funnel=funnel_of(metrics),
        timeline=timeline(run.pk, folded.event_id if folded else 0),
        activities=[activity_row(task, counters) for task in tasks],
        exclusions=[row for task in tasks for row in exclusions_of(task, counters.get(task.activity_uid, {}))],
        links=links,
        links_in_all=links_in_all,
    )
    return Figures(**(vars(figures) | {"summary": summary_of(figures), "notes": notes_of(figures)}))


def campaign_lines(runs: Iterable[Run]) -> list[tuple[Run, dict[str, Figure]]]:
    """The metrics of several runs, for lists: the same numbers as `campaign_figures` gives for each, in two queries."""
    chosen = list(runs)
    counters, tasks = counters_of([run.pk for run in chosen]), defaultdict(list)
    for task in Task.objects.filter(run__in=chosen):
        tasks[task.run_id].append(task)
    return [(run, {f.key: f for f in figures_of(counts_of(tasks[run.pk], counters[run.pk]))}) for run in chosen]


def runs_of(campaign: Campaign) -> list[Run]:
    """All runs that can be chosen, live ones first, the newest before the older."""
    runs = Run.objects.filter(version__campaign=campaign).select_related("version").order_by("-pk")
    return sorted(runs, key=lambda run: run.kind != RunKind.LIVE)


def default_run(campaign: Campaign) -> Run | None:
    return next(iter(runs_of(campaign)), None)


# --- counting -------------------------------------------------------------------------------------------------------


def counters_of(runs: list[int]) -> dict[int, dict[str, dict[str, int]]]:
    """run → activity → counter → value, over all hours."""
    found: dict[int, dict[str, dict[str, int]]] = {run: defaultdict(dict) for run in runs}
    rows = Rollup.objects.filter(run__in=runs).values_list("run", "activity_uid", "counter")
    for run, uid, counter, value in rows.annotate(total=Sum("value")).order_by():
        found[run][uid][counter] = value
    return found


def sends(task: Task, counters: Mapping[str, Counters]) -> bool:
    return task.kind in Channel.values or task.activity_uid in counters


def excluded_here(task: Task, counters: Counters) -> dict[str, int]:
    """Reason → rows that left the activity. What the task noted goes first: not every such row became one of the ledger."""
    ledger = {name.partition(".")[2]: value for name, value in counters.items() if name.startswith("excluded.")}
    return dict(task.excluded or ledger)


def counts_of(tasks: list[Task], counters: Mapping[str, Counters]) -> Counts:
    """Counters of all sending activities together; the first and last sending are the earliest and the latest."""
    mine = [task for task in tasks if sends(task, counters)]
    joined: dict[str, int] = defaultdict(int)
    for values in counters.values():
        for name, value in values.items():
            joined[name] += value
    for name, choose in (("sent.first", min), ("sent.last", max)):
        moments = [values[name] for values in counters.values() if name in values]
        joined.pop(name, None)
        if moments:
            joined[name] = choose(moments)
    known = [task.rows_in for task in mine if task.rows_in is not None]
    excluded = sum(sum(excluded_here(task, counters.get(task.activity_uid, {})).values()) for task in mine)
    return Counts(joined, audience=sum(known) if known else None, excluded=excluded)


def figures_of(counts: Counts) -> list[Figure]:
    made = []
    for metric in registry().values():
        value = metric.value(counts)
        text, tone = written(value, metric.format), metric.tone(value)
        made.append(
            Figure(metric.key, str(metric.label), value, text, str(metric.formula), str(metric.note), metric.format, tone, metric.rows)
        )
    return made


# --- the parts ------------------------------------------------------------------------------------------------------


def header_of(campaign: Campaign, run: Run) -> Header:
    counted = Watermark.objects.filter(name__in=[EVENTS, f"run:{run.pk}"]).values_list("at", flat=True)
    moments = [at for at in counted if at]
    return Header(
        campaign=campaign.pk, name=campaign.name, description=campaign.description, version=run.version.number, run=run.pk, run_label=run_label(run),
        kind=run.kind, status=run.status, status_label=run.get_status_display(), tone=RUN_TONES.get(RunStatus(run.status), ""),
        open=run.status not in RUN_FINISHED, started=run.started_at or run.scheduled_at, finished=run.finished_at, counted=min(moments, default=None),
    )  # fmt: skip


def run_label(run: Run) -> str:
    at = written_moment(run.started_at or run.scheduled_at)
    words = {"kind": run.get_kind_display(), "at": at, "version": run.version.number, "status": run.get_status_display()}
    return gettext("%(kind)s run of %(at)s · version %(version)s · %(status)s") % words


def funnel_of(metrics: list[Figure]) -> list[Stage]:
    by_key = {figure.key: figure for figure in metrics}
    widest = max((by_key[key].value or 0 for key in FUNNEL), default=0)
    stages: list[Stage] = []
    above: Number | None = None
    for key in FUNNEL:
        figure = by_key[key]
        kept = ratio(figure.value, above) if stages else None
        share = ratio(figure.value, widest) or 0.0
        stages.append(Stage(key, figure.label, figure.value, figure.text, share, "" if kept is None else percent(kept), figure.rows))  # type: ignore[arg-type]
        above = figure.value
    return stages


def activity_row(task: Task, counters: Mapping[str, Counters]) -> ActivityRow:
    mine = counters.get(task.activity_uid, {})
    metrics = {f.key: f for f in figures_of(counts_of([task], {task.activity_uid: mine}))} if sends(task, counters) else {}
    kind = activity_types().get(task.kind)
    excluded = sum(excluded_here(task, mine).values())
    return ActivityRow(
        uid=task.activity_uid, label=task.label, kind=str(kind.label) if kind else task.kind, status=task.get_status_display(),
        tone=TASK_TONES.get(TaskStatus(task.status), ""), rows_in=task.rows_in, rows_out=task.rows_out, complement=task.complement, excluded=excluded,
        metrics=metrics,
    )  # fmt: skip


def exclusions_of(task: Task, counters: Counters) -> list[Exclusion]:
    """First those who left before the ledger was filled, then those held back at the moment of sending."""
    labels, found = dict(Reason.choices), []
    later = {name.partition(".")[2]: value for name, value in counters.items() if name.startswith("suppressed.")}
    for moment, rows, reasons in (
        (_("Before sending"), "excluded", excluded_here(task, counters)),
        (_("While sending"), "suppressed", later),
    ):
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            if not count:
                continue
            label = str(labels.get(reason) or reason or gettext("No reason given"))
            in_ledger = counters.get(f"{rows}.{reason}") == count
            found.append(
                Exclusion(task.activity_uid, task.label, reason, label, str(moment), count, written(count), rows if in_ledger else "")
            )
    return found


def links_of(run: Run, tasks: list[Task], counts: Counts) -> tuple[list[LinkRow], int]:
    """The links that were clicked most, and how many there are in all."""
    labels, found = {task.activity_uid: task.label for task in tasks}, LinkRollup.objects.filter(run=run)
    clicked = counts.get("event.clicked_unique")
    rows = []
    for link in found.order_by("-unique_clicks", "-clicks", "url")[:LINKS_SHOWN]:
        share = written(ratio(link.unique_clicks, clicked), "rate")
        rows.append(
            LinkRow(link.activity_uid, labels.get(link.activity_uid, link.activity_uid), link.url, link.clicks, link.unique_clicks, share)
        )
    return rows, found.count()


# --- in words -------------------------------------------------------------------------------------------------------


def summary_of(figures: Figures) -> list[str]:
    """The run in two or three sentences."""
    text = {f.key: f.text for f in figures.metrics}
    value = {f.key: int(f.value or 0) for f in figures.metrics}
    if figures.header.kind == RunKind.TEST:
        return [gettext("This was a test run: populations were computed, and nothing was sent.")]
    if not value["planned"]:
        return [gettext("No message has been planned in this run.")]
    words = text | {"of_planned": written(ratio(value["delivered"], value["planned"]), "rate")}
    said = [
        ngettext(
            "%(delivered)s of %(planned)s planned message was delivered (%(of_planned)s).",
            "%(delivered)s of %(planned)s planned messages were delivered (%(of_planned)s).",
            value["planned"],
        )
        % words
    ]
    if value["delivered"]:
        said.append(
            gettext("%(unique_opens)s were opened (%(open_rate)s of delivered) and %(unique_clicks)s clicked (%(click_rate)s).") % words
        )
    if value["unsubscribes"] or value["complaints"]:
        said.append(gettext("%(unsubscribes)s led to an unsubscription (%(unsubscribe_rate)s), %(complaints)s to a complaint.") % words)
    return said


def notes_of(figures: Figures) -> list[str]:
    """What a careful reader must know about the numbers."""
    value = {f.key: int(f.value or 0) for f in figures.metrics}
    text = {f.key: f.text for f in figures.metrics}
    notes = []
    if value["waiting"]:
        notes.append(gettext("The run is not over: %(waiting)s messages are still waiting.") % text)
    if value["unknown"]:
        one = "%(unknown)s message is unverified: the connection broke at the moment of handing it over. It is not sent again by itself."
        many = "%(unknown)s messages are unverified: the connection broke at the moment of handing them over. They are not sent again by themselves."
        notes.append(ngettext(one, many, value["unknown"]) % text)
    if value["machine_opens"]:
        notes.append(gettext("%(machine_opens)s messages were opened by mail proxies or scanners; these are in no rate.") % text)
    audience, finished = figures.metric("audience").value, not figures.header.open
    if finished and figures.header.kind == RunKind.LIVE and audience is not None and audience != value["planned"] + value["excluded"]:
        notes.append(
            gettext("The audience (%(audience)s) is not planned (%(planned)s) plus excluded (%(excluded)s). Please tell an administrator.")
            % text
        )
    return notes
