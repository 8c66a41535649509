"""The screens: who may see them, what they answer to strange questions, and that they escape what people typed."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from orchestration.choices import MessageState, RunKind, RunStatus
from orchestration.models import Run
from reporting.make_report import file_of, make_report
from reporting.models import Report
from reporting.roll_up import roll_up
from reporting.testing import a_campaign, a_run, a_task, a_user, events, messages


@pytest.fixture
def run(db) -> Run:
    run = a_run(a_campaign("Winter <script>alert(1)</script>"))
    task = a_task(run, rows=(12, 10, 0), excluded={"no_address": 2})
    messages(task, 2, MessageState.SUPPRESSED, reason="no_address", planned=False)
    events(messages(task, 10)[:4])
    roll_up(runs=[run.pk])
    return run


@pytest.fixture
def manager(db, client):
    """Sees reports and nothing else."""
    user = a_user("manager", is_staff=True, first_name="Mona", last_name="Roy")
    user.user_permissions.add(Permission.objects.get(codename="view_report"))
    client.force_login(user)
    return user


def page(of: Run, name: str = "campaign-report", **asked: object) -> str:
    return reverse(name, args=[of.version.campaign_id]) + "?" + "&".join(f"{key}={value}" for key, value in asked.items())


def test_it_works(run, manager, client) -> None:
    body = client.get(page(run)).content.decode()
    assert "10 of 10 planned messages were delivered" in body
    assert "opened ÷ delivered" in body and "r-points" in body and "No address" in body
    assert "<script>alert(1)" not in body


@pytest.mark.parametrize("name", ["reports", "campaign-report", "campaign-report-csv", "campaign-report-pdf", "campaign-report-rows"])
def test_only_those_who_may_see_reports_see_them(run, client, name) -> None:
    address = reverse(name) if name == "reports" else page(run, name, run=run.pk, rows="sent")
    assert client.get(address).status_code == 302
    client.force_login(a_user(is_staff=True))
    assert client.get(address).status_code == 403


def test_a_manager_sees_numbers_but_not_people(run, manager, client) -> None:
    assert "campaign-report-rows" not in client.get(page(run)).content.decode() and "/rows/" not in client.get(page(run)).content.decode()
    assert client.get(page(run, "campaign-report-rows", run=run.pk, rows="opened")).status_code == 403


def test_numbers_lead_to_their_rows(run, admin_client) -> None:
    body = admin_client.get(page(run)).content.decode()
    links = set(re.findall(r'class="r-number" href="([^"]+)">([\d,]+)<', body))
    assert len(links) > 5
    for link, number in links:
        answer = admin_client.get(link.replace("&amp;", "&"))
        assert answer.context["page"].paginator.count == int(number.replace(",", "")), link


def test_the_rows_are_shown_page_by_page(run, admin_client, monkeypatch) -> None:
    monkeypatch.setattr("reporting.views.report.ROWS_ON_A_PAGE", 3)
    first = admin_client.get(page(run, "campaign-report-rows", run=run.pk, rows="sent"))
    assert b"Page 1 of 4" in first.content and b"@example.com" in first.content
    assert b"Page 4 of 4" in admin_client.get(page(run, "campaign-report-rows", run=run.pk, rows="sent", page="9" * 30)).content


@pytest.mark.parametrize("asked", [{"run": "x"}, {"run": "9" * 40}, {"run": "-1"}, {"run": "%00"}, {"run": 987654321}])
def test_runs_that_are_not_there_are_not_found(run, admin_client, asked) -> None:
    assert admin_client.get(page(run, **asked)).status_code == 404


def test_a_run_of_another_campaign_is_not_found(run, admin_client) -> None:
    assert admin_client.get(page(run, run=a_run(a_campaign("Other")).pk)).status_code == 404


def test_unknown_rows_are_not_found(run, admin_client) -> None:
    assert admin_client.get(page(run, "campaign-report-rows", run=run.pk, rows="nonsense")).status_code == 404
    assert admin_client.get(page(run, "campaign-report-rows", run=run.pk, rows="sent", activity="%00'--")).status_code == 200


def test_it_looks_again_while_the_run_moves(admin_client, db) -> None:
    run = a_run(a_campaign(), RunStatus.RUNNING)
    assert "every 5s" in admin_client.get(page(run)).content.decode()
    part = admin_client.get(page(run), headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="r-figures"') and "<html" not in part
    Run.objects.update(status=RunStatus.COMPLETED, finished_at=timezone.now())
    assert "every 30s" in admin_client.get(page(run)).content.decode()  # opens still come
    Run.objects.update(finished_at=run.started_at.replace(year=2020))
    assert "hx-trigger" not in admin_client.get(page(run), headers={"HX-Request": "true"}).content.decode()


def test_the_list_shows_campaigns_that_ran(run, manager, client) -> None:
    a_campaign("Only a draft")
    a_run(a_campaign("Only tested"), kind=RunKind.TEST)
    body = client.get(reverse("reports")).content.decode()
    assert "Winter &lt;script&gt;" in body and "40.0%" in body
    assert "Only a draft" not in body and "Only tested" not in body
    assert "Winter" in client.get(reverse("reports"), {"q": "wint"}).content.decode()
    assert "No campaign is called “&lt;b&gt;”" in client.get(reverse("reports"), {"q": "<b>"}).content.decode()
    assert client.get(reverse("reports"), {"q": "\x00%", "page": "zz"}).status_code == 200


def test_empty_pages_say_what_to_do(manager, client) -> None:
    assert "No campaign has run yet." in client.get(reverse("reports")).content.decode()
    assert "has not run yet" in client.get(reverse("campaign-report", args=[a_campaign().pk])).content.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_addresses_and_styles_are_the_same_in_every_language(run, admin_client, language) -> None:
    body = admin_client.get(page(run), headers={"Accept-Language": language}).content.decode()
    assert re.findall(r"width: ([^;]+);", body)[0] == "100.0%" and f"run={run.pk}&amp;" in body


def test_csv_is_a_download(run, manager, client) -> None:
    answer = client.get(page(run, "campaign-report-csv", run=run.pk))
    assert answer["Content-Disposition"] == f'attachment; filename="winter-scriptalert1script-run-{run.pk}.csv"'
    assert answer.content.decode().startswith("\ufeffSection,")


# --- reports that are kept ------------------------------------------------------------------------------------------


def test_a_pdf_is_made_and_kept(run, manager, client) -> None:
    answer = client.post(page(run, "campaign-report-pdf"), {"run": run.pk})
    report = Report.objects.get()
    assert answer.content.startswith(b"%PDF") and (report.made_by, report.run) == (manager, run)
    assert report.figures["header"]["name"] == run.version.campaign.name
    assert b"".join(client.get(reverse("report-file", args=[report.pk])).streaming_content) == answer.content
    assert reverse("report-file", args=[report.pk]) in client.get(page(run)).content.decode()


def test_looking_at_a_pdf_keeps_nothing(run, manager, client) -> None:
    assert client.get(page(run, "campaign-report-pdf")).content.startswith(b"%PDF")
    assert not Report.objects.exists()


def test_a_report_is_made_with_fresh_figures(run, tmp_path) -> None:
    messages(run.tasks.get(), 5)
    report = make_report(run.version.campaign, None, path=tmp_path / "deep" / "report.pdf")
    assert next(m["value"] for m in report.figures["metrics"] if m["key"] == "sent") == 15
    assert (tmp_path / "deep" / "report.pdf").read_bytes() == file_of(report).read_bytes()
    assert re.fullmatch(r"reports/\d+-\d{8}-\d{6}-[0-9a-f]{16}\.pdf", report.path)


def test_the_verb_asks_for_the_permission_itself(run) -> None:
    with pytest.raises(PermissionDenied):
        make_report(run.version.campaign, a_user())


def test_only_files_of_reports_are_given_out(run, manager, client, settings) -> None:
    report = make_report(run.version.campaign, None)
    for path in ("../secret_key", "/etc/passwd", "reports/../../x", "reports/gone.pdf", "reports"):
        Report.objects.update(path=path)
        assert client.get(reverse("report-file", args=[report.pk])).status_code == 404


def test_the_admin_lists_reports_and_changes_none(run, manager, client) -> None:
    report = make_report(run.version.campaign, None)
    assert client.get(reverse("admin:reporting_report_changelist")).status_code == 200
    assert client.get(reverse("admin:reporting_report_change", args=[report.pk])).status_code == 200
    assert client.get(reverse("admin:reporting_report_add")).status_code == 403
    assert client.post(reverse("admin:reporting_report_change", args=[report.pk]), {"path": "x"}).status_code == 403
