"""RuleField: a rule in a form."""

import json

import pytest
from django import forms
from django.utils.datastructures import MultiValueDict

from schemas.catalog import Catalog
from schemas.forms import RuleField
from schemas.testing import small_world
from schemas.tests.rule_parts import rule, where

pytestmark = pytest.mark.django_db


class Filter(forms.Form):
    rule = RuleField(schema="customer")


class Choice(forms.Form):
    schema = forms.CharField()
    rule = RuleField(dimension="schema")


def sent(value: object) -> dict[str, str]:
    return {"rule": value if isinstance(value, str) else json.dumps(value)}


@pytest.fixture(autouse=True)
def shop() -> None:
    small_world()


def test_it_cleans_to_the_rule():
    question = rule(where("city", "eq", "Paris"))
    form = Filter(sent(question))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["rule"] == question


def test_it_takes_its_own_cleaned_value_again():
    question = rule(where("city", "eq", "Paris"))
    form = Filter(MultiValueDict({"rule": [question]}))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["rule"] == question
    assert "city" in str(form)


@pytest.mark.parametrize("value", ["", "{}", "{", "[" * 100_000, "null", "1", rule(where("nothing", "eq", 1)), rule(schema="order")])
def test_what_cannot_be_answered_is_not_valid(value):
    form = Filter(sent(value))
    assert not form.is_valid()
    assert form.errors["rule"]
    assert str(form), "it can be shown again"


def test_all_problems_are_told():
    form = Filter(sent(rule(where("city", "eq"), where("store_id", "eq", "x"))))
    assert len(form.errors["rule"]) == 2


def test_a_given_catalog_spares_the_queries(django_assert_num_queries):
    form = Filter(sent(rule(where("city", "eq", "Paris"))))
    form.fields["rule"].catalog = Catalog.load()
    with django_assert_num_queries(0):
        assert form.is_valid()


def test_it_renders_the_builder_around_a_hidden_text_area():
    html = str(Filter(initial={"rule": rule(where("city", "eq", "</textarea><script>alert(1)</script>"))}))
    assert 'class="tutti-rule tutti-scope" data-schema="customer" data-dimension=""' in html
    assert '<textarea name="rule" id="id_rule" hidden>' in html
    assert "<script>" not in html


def test_it_follows_the_dimension_of_its_form():
    assert 'data-schema="" data-dimension="schema"' in str(Choice())
    assert 'data-dimension="part-schema"' in str(Choice(prefix="part"))
