"""The sample shop on the real database: described from its DDL, loaded by the real verbs, with audiences and campaigns."""

import datetime
import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import canvas, validate
from campaigns.activities.base import registry
from campaigns.choices import VersionStatus
from campaigns.models import Audience, Campaign, Sender
from orchestration import launch, review
from orchestration.choices import RunStatus
from orchestration.models import ProviderAccount, Run
from orchestration.sample.audiences import AUDIENCES, save_audiences
from orchestration.sample.campaigns import REMINDER, THANK_YOU
from orchestration.sample.describe import describe_shop
from orchestration.sample.generate import FILES
from orchestration.sample.load import load
from orchestration.testing import run_to_end
from schemas import rules
from schemas.catalog import Catalog
from schemas.ddl import describe_ddl, read_ddl
from schemas.exceptions import SchemaError
from schemas.models import Import, Schema

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 1)


def test_it_describes_the_shop_from_its_ddl() -> None:
    describe_shop()
    catalog = Catalog.load()
    assert {name: list(schema.fields) for name, schema in catalog.schemas.items()} == FILES
    client = catalog.schema("client")
    assert client.by_role("email").name == "email" and client.by_role("language").name == "language"
    assert client.by_role("email_consent").name == "accepts_email" and client.by_role("customer_key").name == "client_id"
    assert set(client.links) == {"boutique", "addresses", "orders", "bookings", "subscriptions"}
    assert [field.name for field in catalog.schema("order_line").key] == ["order_id", "line"]
    assert catalog.schema("booking").targetable and not catalog.schema("product").targetable
    assert not Schema.objects.filter(description="").exists()


def test_the_example_of_the_film_shop_fits_beside_it() -> None:
    describe_shop()
    describe_ddl(read_ddl("CREATE TABLE store (store_id int PRIMARY KEY); CREATE TABLE customer (customer_id int PRIMARY KEY, email text)"))
    assert Schema.objects.filter(name__in=["client", "customer"]).count() == 2


def test_the_saved_questions_can_be_asked() -> None:
    describe_shop()
    save_audiences(None)
    catalog = Catalog.load()
    assert {name: rules.problems(question, catalog) for name, _description, question in AUDIENCES} == {name: [] for name, _, _ in AUDIENCES}


# --- the whole load -----------------------------------------------------------------------------------------------


def test_it_loads_records_audiences_and_campaigns(tmp_path: Path) -> None:
    loaded = load(tmp_path, TODAY, customers=60)
    assert loaded and loaded.records["client"] == 60 and loaded.campaigns == [THANK_YOU, REMINDER]
    assert set(loaded.records) == set(FILES)
    assert {i.status for i in Import.objects.all()} == {"done"} and not Import.objects.exclude(rejected=0).exists()
    marketer = User.objects.get(username="marketer")
    assert {a.owner for a in Audience.objects.all()} == {marketer} and Audience.objects.count() == len(AUDIENCES)
    assert ProviderAccount.objects.get().provider == "smtp" and list(ProviderAccount.objects.get().senders.all()) == [Sender.objects.get()]


def test_a_second_load_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path, TODAY, customers=20)
    before = Campaign.objects.count(), Import.objects.count(), Audience.objects.count()
    assert load(tmp_path, TODAY, customers=20) is None
    assert (Campaign.objects.count(), Import.objects.count(), Audience.objects.count()) == before


def test_the_campaigns_can_be_submitted_as_they_are(tmp_path: Path) -> None:
    load(tmp_path, TODAY, customers=30)
    catalog = Catalog.load()
    for campaign in Campaign.objects.all():
        assert campaign.latest.status == VersionStatus.DRAFT
        assert validate.problems(canvas.read(campaign.latest), catalog) == []


def test_the_thank_you_shows_every_activity_and_both_languages(tmp_path: Path) -> None:
    load(tmp_path, TODAY, customers=20)
    graph = canvas.read(Campaign.objects.get(name=THANK_YOU).latest)
    assert {a["kind"] for a in graph["activities"]} == set(registry())
    bodies = [a["config"]["body"] for a in graph["activities"] if a["kind"] == "email"]
    assert len(bodies) == 2 and any("Merci" in body for body in bodies) and any("Thank you" in body for body in bodies)
    reminder = canvas.read(Campaign.objects.get(name=REMINDER).latest)
    assert {a["config"]["mode"] for a in reminder["activities"] if a["kind"] == "email"} == {"record"}
    assert "client" in json.dumps([a["config"].get("recipient_path") for a in reminder["activities"]])


def test_a_test_run_of_each_campaign_ends_and_every_mail_can_be_written(tmp_path: Path) -> None:
    load(tmp_path, timezone.localdate(), customers=150)  # rules such as "in the next 30 days" go by the run's clock
    marketer = User.objects.get(username="marketer")
    for campaign in Campaign.objects.all():
        run = run_to_end(launch.start_test(campaign.latest, marketer))
        assert run.status == RunStatus.COMPLETED, run.error
        for uid in ("mailfr", "mailen"):
            task = run.tasks.get(activity_uid=uid)
            assert task.rows_in == task.rows_out + task.complement + sum(task.excluded.values())
            shown = review.preview(run, uid)
            assert not shown.error and shown.mails
            for entry in shown.mails:
                assert "{{" not in entry["mail"].html + entry["mail"].subject and "None" not in entry["mail"].text
    journeys = review.preview(Run.objects.get(version__campaign__name=REMINDER), "mailfr")
    assert [entry["to"] for entry in journeys.mails].count("elodie.lefevre@example.com") >= 2, "one message for each journey"


def test_a_taken_name_stops_the_load_as_a_whole(tmp_path: Path) -> None:
    Schema.objects.create(name="order", label="Order")
    with pytest.raises(SchemaError, match="order"):
        load(tmp_path, TODAY, customers=20)
    assert not Campaign.objects.exists() and list(Schema.objects.values_list("name", flat=True)) == ["order"]


def test_the_command_says_what_it_did(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.VAR_DIR = tmp_path
    out = StringIO()
    call_command("load_sample", customers=20, today=TODAY, stdout=out)
    assert "client" in out.getvalue() and f"Campaigns: {THANK_YOU}, {REMINDER}." in out.getvalue()
    again = StringIO()
    call_command("load_sample", stdout=again)
    assert again.getvalue() == "The sample shop is loaded already; nothing was changed.\n"


def test_the_command_explains_what_is_wrong(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.VAR_DIR = tmp_path
    Schema.objects.create(name="order", label="Order")
    with pytest.raises(CommandError, match="order A schema of this name is described already"):
        call_command("load_sample", customers=20)
    with pytest.raises(CommandError, match="at least one customer"):
        call_command("load_sample", customers=0)
