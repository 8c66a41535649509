"""Audiences: saved rules, counted when they are saved."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.urls import reverse
from psycopg import sql

from campaigns.count import count_audience
from campaigns.exceptions import NotAllowed
from campaigns.models import Audience
from schemas.exceptions import RuleError
from schemas.models import Field, Schema
from schemas.testing import info_of, insert_records, small_world
from schemas.tests.rule_parts import rule, where

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client) -> User:
    small_world()
    user = User.objects.create_superuser("marketer")
    client.force_login(user)
    return user


def parisians(**more) -> Audience:
    return Audience.objects.create(
        name="Parisians", schema=Schema.objects.get(name="customer"), rule=rule(where("city", "eq", "Paris")), **more
    )


def save(client, address: str, question: dict, schema: str = "customer"):
    data = {"name": "Parisians", "schema": schema, "rule": json.dumps(question), "description": ""}
    return client.post(address, data, follow=True)


def test_it_counts_and_keeps_the_count(user):
    audience = parisians()
    assert count_audience(audience, user).count == 4
    audience.refresh_from_db()
    assert (audience.count, audience.counted_at is not None) == (4, True)
    insert_records("customer", [{"customer_id": 50, "city": "Paris"}])
    assert count_audience(audience, user).count == 5


def test_an_old_count_does_not_stay_when_the_rule_stops_working(user):
    audience = parisians(count=4)
    Field.objects.filter(schema__name="customer", name="city").update(name="town")
    with pytest.raises(RuleError):
        count_audience(audience, user)
    audience.refresh_from_db()
    assert (audience.count, audience.counted_at) == (None, None)


def test_only_people_who_may_see_audiences_count_them(user):
    with pytest.raises(NotAllowed):
        count_audience(parisians(), User.objects.create_user("nobody"))


def test_saving_counts(client, user):
    response = save(client, reverse("admin:campaigns_audience_add"), rule(where("city", "eq", "Paris")))
    audience = Audience.objects.get()
    assert (audience.count, audience.owner) == (4, user)
    assert "4 records are in the audience now." in response.content.decode()
    save(client, reverse("admin:campaigns_audience_change", args=[audience.pk]), rule(where("city", "eq", "London")))
    audience.refresh_from_db()
    assert audience.count == 1


def test_saving_without_a_count_says_why(client, user):
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE data.{} CASCADE").format(sql.Identifier(info_of("customer").table_name)))
    response = save(client, reverse("admin:campaigns_audience_add"), rule(where("city", "eq", "Paris")))
    assert Audience.objects.get().count is None
    assert "Saved, but not counted" in response.content.decode()


@pytest.mark.parametrize("question", [rule(where("nothing", "eq", 1)), rule(where("city", "eq")), rule(schema="order"), {}])
def test_a_rule_that_cannot_be_answered_is_not_saved(client, user, question):
    response = save(client, reverse("admin:campaigns_audience_add"), question)
    assert response.status_code == 200
    assert not Audience.objects.exists()


def test_audiences_are_made_of_published_dimensions_only(client, user):
    Schema.objects.filter(name="store").update(targetable=False)
    save(client, reverse("admin:campaigns_audience_add"), rule(schema="store"), schema="store")
    assert not Audience.objects.exists()


def test_a_saved_audience_opens_with_its_dimension_and_rule(client, user):
    page = client.get(reverse("admin:campaigns_audience_change", args=[parisians().pk])).content.decode()
    assert '<option value="customer" selected>Customer</option>' in page
    assert "&quot;Paris&quot;" in page


def test_who_may_only_look_reads_the_rule_in_words(client, user):
    audience = parisians(count=4)
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_audience"))
    client.force_login(reader)
    page = client.get(reverse("admin:campaigns_audience_change", args=[audience.pk])).content.decode()
    assert "Customer where City is “Paris”." in page
    assert "tutti-rule" not in page


def test_the_list_says_the_rule_in_words(client, user):
    parisians(count=1234)
    Audience.objects.create(name="Broken", schema=Schema.objects.get(name="customer"), rule=rule(where("nothing", "eq", 1)))
    page = client.get(reverse("admin:campaigns_audience_changelist")).content.decode()
    assert "Customer where City is “Paris”." in page
    assert "This rule no longer works: Customer has no field “nothing”." in page
    assert "1,234" in page
