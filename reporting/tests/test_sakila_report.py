"""The report about real mails: the figures are those of the ledger, of what recipients did, and of nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.test import Client

from orchestration import track
from orchestration.models import Message, Run
from orchestration.testing import run_to_end
from orchestration.tests import video_rental as video
from orchestration.tests.sink import sink
from reporting.query import campaign_figures
from reporting.roll_up import roll_up
from schemas.testing import sakila, sakila_available

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not sakila_available(), reason="the Sakila files are not beside the project"),
]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def run(settings: Any, tmp_path: Any) -> Iterator[Run]:
    """One mail for each film that is out, sent an hour ago."""
    sakila()
    settings.VAR_DIR = tmp_path
    with sink() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        author, approver = video.people()
        yield run_to_end(video.launched(video.about_rentals(author), author, approver))


def figures(run: Run) -> dict[str, Any]:
    roll_up()
    return {figure.key: figure.value for figure in campaign_figures(run.version.campaign).metrics}


def visit(client: Client, address: str) -> int:
    return client.get(urlsplit(address).path, headers={"User-Agent": BROWSER}).status_code


def test_the_figures_follow_the_mails(run: Run, settings: Any) -> None:
    Message.objects.update(sent_at=F("sent_at") - timedelta(hours=1))  # nobody reads within two seconds
    before = figures(run)
    assert {key: before[key] for key in ("audience", "planned", "sent", "delivered", "excluded", "unique_opens", "unique_clicks")} == {
        "audience": 183, "planned": 183, "sent": 183, "delivered": 183, "excluded": 0, "unique_opens": 0, "unique_clicks": 0,
    }  # fmt: skip

    readers = list(Message.objects.order_by("id")[:60])
    recipient = Client()
    assert {visit(recipient, track.open_url(message)) for message in readers for _twice in range(2)} == {200}
    assert {visit(recipient, track.link_for(message, 0, video.FILMS_URL)) for message in readers[:15]} == {302}
    address = track.unsubscribe_url(readers[0]).removeprefix(settings.BASE_URL)
    assert recipient.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200

    after = figures(run)
    assert (after["sent"], after["unique_opens"], after["unique_clicks"], after["unsubscribes"]) == (183, 60, 15, 1)
    assert after["open_rate"] == pytest.approx(60 / 183) and after["click_to_open_rate"] == pytest.approx(15 / 60)
    shown = campaign_figures(run.version.campaign)
    assert [(link.url, link.unique_clicks) for link in shown.links] == [(video.FILMS_URL, 15)]
    assert [stage.value for stage in shown.funnel] == [183, 183, 183, 183, 60, 15]
    assert not [note for note in shown.notes if "administrator" in note]

    # One mail that covers several records: the others are counted with their reason, and so is whoever has left.
    author, approver = video.people()
    other = run_to_end(video.launched(video.about_customers(author), author, approver))
    roll_up()
    shown = campaign_figures(other.version.campaign)
    assert [shown.metric(key).value for key in ("audience", "planned", "excluded", "sent")] == [183, 158, 25, 158]
    assert {row.reason: row.count for row in shown.exclusions} == {"rule_not_met": 16044 - 183, "same_recipient": 24, "opted_out": 1}
