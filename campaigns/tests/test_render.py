"""Render: what arrives is what was meant, whatever the data say."""

import json
import time

import pytest

from campaigns.exceptions import CampaignError
from campaigns.render import Prepared, prepare, render, variables

SENDER = {"postal_address": "1 quai du Port, 13002 Marseille"}
EVIL = "<script>alert(1)</script>\"'&\r\nBcc: everyone@example.com"


def content(body: str = "Hello", **more: object) -> dict:
    return {"subject": "Hello", "body": body, "category": "transactional", "sender": SENDER, **more}


def filled(body: str = "Hello", context: dict | None = None, **more: object):
    return render(
        prepare(content(body, **more)), context or {}, link_for=lambda n, url: f"https://t.example/{n}?to={url}",
        open_url="https://t.example/o.gif", unsubscribe_url="https://t.example/u?a=1&b=2",
    )  # fmt: skip


def test_it_works() -> None:
    body = '<mj-text>Hello {{ customer.first_name }}</mj-text><mj-button href="https://shop.example/">Shop</mj-button>'
    out = filled(
        body, {"customer": {"first_name": "Ada"}}, subject="Hi {{ customer.first_name }}", preheader="For {{ customer.first_name }}"
    )
    assert (out.subject, out.preheader) == ("Hi Ada", "For Ada")
    assert "Hello Ada" in out.html and 'href="https://t.example/0?to=https://shop.example/"' in out.html
    assert out.html.count("For Ada") == 1 and "For Ada" not in out.text
    assert out.text == "Hello Ada\n\nShop (https://t.example/0?to=https://shop.example/)\n"
    assert out.html.rstrip().endswith("</body></html>") and out.html.index("o.gif") > out.html.index("Shop")


def test_prepared_content_is_json_and_stays_the_same() -> None:
    first = prepare(content("Hello {{ customer.first_name }}"))
    assert Prepared.from_dict(json.loads(json.dumps(first.as_dict()))) == first == prepare(content("Hello {{ customer.first_name }}"))


def test_plain_text_and_html_become_a_layout() -> None:
    assert "one<br" in filled("one\ntwo").html.replace(" ", "")
    assert "<h1" in filled("<h1>Title</h1>").html
    whole = "<mjml><mj-body><mj-section><mj-column><mj-text>Mine</mj-text></mj-column></mj-section></mj-body></mjml>"
    assert "Mine" in filled(whole).html and "f4f4f5" not in filled(whole).html


def test_loops_and_conditions_survive_around_everything() -> None:
    """Around sections, columns' parts, table rows and words; parsers like to move such tags out of tables."""
    body = (
        "{% for s in sections %}<mj-section><mj-column>{% if s.show > 1 and s.show < 9 %}<mj-text>Text {{ s.name }}</mj-text>{% endif %}"
        "<mj-table>{% for r in s.rows %}<tr><td>{{ r }}</td></tr>{% endfor %}</mj-table></mj-column></mj-section>{% endfor %}"
    )
    out = filled(body, {"sections": [{"show": 2, "name": "A", "rows": ["x1", "x2"]}, {"show": 1, "name": "B", "rows": ["y1"]}]})
    assert [out.html.count(word) for word in ("Text A", "Text B", "<td", "x1", "x2", "y1")][:2] == [1, 0]
    assert all(f">{word}</td></tr>" in out.html for word in ("x1", "x2", "y1"))
    assert out.html.index("x2") < out.html.index("y1") and out.text.index("Text A") < out.text.index("x1") < out.text.index("y1")


def test_values_are_escaped_in_html_and_not_elsewhere() -> None:
    out = filled('<mj-text><p title="{{ x }}">{{ x }}</p></mj-text>', {"x": EVIL}, subject="S {{ x }}", preheader="P {{ x }}")
    assert "<script>" not in out.html and out.html.count("&lt;script&gt;") >= 4  # attribute, text, preheader and title
    assert out.subject == "S <script>alert(1)</script>\"'& Bcc: everyone@example.com"
    assert "\n" not in out.preheader


@pytest.mark.parametrize(
    "end", ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", "\t", "\x7f"]
)
def test_no_value_ends_a_header(end: str) -> None:
    out = filled("Hello", {"x": f"a{end}Bcc: e@example.com"}, subject="{{ x }}", preheader="{{ x }}")
    assert out.subject == out.preheader == "a Bcc: e@example.com"
    assert len(out.subject.splitlines()) == 1


def test_no_value_is_taken_for_an_encoded_word() -> None:
    assert "=?" not in filled(context={"x": "=?utf-8?q?a=0D=0ABcc:_e=40x?="}, subject="{{ x }}").subject
    assert "=?" not in filled(context={"x": "?utf-8?q?a?="}, subject="={{ x }}").subject


def test_links_are_numbered_once_and_asked_for_in_each_message() -> None:
    body = '{% for f in films %}<mj-button href="https://x.example/f/{{ f.id }}?n={{ f.name }}#top">{{ f.name }}</mj-button>{% endfor %}<mj-text><a href="mailto:me@x.example">mail</a> <a href="#top">top</a></mj-text>'
    assert prepare(content(body)).links == ("https://x.example/f/{{ f.id }}?n={{ f.name }}#top",)
    asked: list[tuple[int, str]] = []

    def link_for(number: int, url: str) -> str:
        asked.append((number, url))
        return f"https://t.example/{len(asked)}"

    out = render(prepare(content(body)), {"films": [{"id": 1, "name": "A&B /../?x=1#y"}, {"id": 2, "name": "\r\nÇ"}]}, link_for=link_for)
    urls = {url for _number, url in asked}
    assert urls == {"https://x.example/f/1?n=A%26B%20%2F..%2F%3Fx%3D1%23y#top", "https://x.example/f/2?n=%0D%0A%C3%87#top"}
    assert {number for number, _url in asked} == {0}
    assert 'href="mailto:me@x.example"' in out.html and 'href="#top"' in out.html


@pytest.mark.parametrize(
    "url",
    [
        "{{ customer.site }}", "https://{{ customer.site }}/", "https://shop.example{{ x }}", "https://shop.example.{{ x }}/", "http://{{ x }}@shop.example/",
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.example/", "//x.example/", "/relative", "https:/x.example",
        "https://user:pass@x.example/", "https://x.example:99999999/", "{% if x %}https://a.example{% endif %}/", "https://", "vbscript:x", " java\tscript:alert(1)",
    ],
)  # fmt: skip
def test_links_lead_only_where_the_author_said(url: str) -> None:
    with pytest.raises(CampaignError):
        prepare(content(f'<mj-text><a href="{url}">x</a></mj-text>'))


@pytest.mark.parametrize(
    "body",
    ["<mj-raw><script>x</script></mj-raw>", "<mj-include path='/etc/passwd' />", "<mj-text><iframe src='https://x'></iframe></mj-text>", "<mj-text><p onclick='x'>a</p></mj-text>", "<form action='https://x'>", "<mj-text><img src='x' onerror='y' /></mj-text>", "<base href='https://x/'>", "<mj-text>" + "<b>" * 5000 + "</mj-text>", "x" * 400_000],
)  # fmt: skip
def test_what_has_no_place_in_a_mail_is_refused(body: str) -> None:
    with pytest.raises(CampaignError):
        prepare(content(body))


def test_marketing_carries_an_unsubscribe_link_and_the_postal_address() -> None:
    out = filled("Hello", category="marketing")
    assert 'href="https://t.example/u?a=1&amp;b=2"' in out.html and "1 quai du Port" in out.html
    assert "Unsubscribe (https://t.example/u?a=1&b=2)" in out.text and "1 quai du Port" in out.text
    own = filled('<mj-text>Bye: <a href="{{ unsubscribe_url }}">stop</a></mj-text>', category="marketing")
    assert own.html.count("t.example/u?") == 1 and "1 quai du Port" not in own.html
    whole = filled(
        "<mjml><mj-body><mj-section><mj-column><mj-text>Mine</mj-text></mj-column></mj-section></mj-body></mjml>", category="marketing"
    )
    assert whole.html.count("t.example/u?") == 1
    assert "t.example/u?" not in filled("Hello").html
    text = filled("Hello", category="marketing", text="My own words")
    assert text.text.startswith("My own words") and "Unsubscribe: https://t.example/u?a=1&b=2" in text.text


def test_an_address_with_braces_is_no_template() -> None:
    odd = {"postal_address": "{{ customer.secret }} {% if %} <b>Street</b>"}
    out = filled("Hello", {"customer": {"secret": "S3CRET"}}, category="marketing", sender=odd)
    assert "S3CRET" not in out.html + out.text and "<b>Street" not in out.html


def test_the_footer_speaks_the_mails_language() -> None:
    assert 'lang="fr"' in filled("Bonjour", language="fr").html


def test_the_text_part_reads_well() -> None:
    out = filled(
        "<mj-text><h1>Big  news</h1><p>Line&nbsp;one &amp; more<br>two</p><ul><li>x</li><li>y</li></ul></mj-text><mj-image src='https://i.example/a.png' alt='A violin' /><mj-table><tr><td>a</td><td>b</td></tr></mj-table>"
    )
    lines = [line for line in out.text.splitlines() if line]
    assert lines == ["Big news", "Line\xa0one & more".replace("\xa0", " "), "two", "- x", "- y", "[A violin]", "a b"]


# --- SE-07: templates reach nothing but the values given ------------------------------------------------------------------


class Leaky:
    secret = "S3CRET"

    def delete(self) -> str:
        raise AssertionError("called")


PAYLOADS = [
    "{{ settings.SECRET_KEY }}", "{{ ''.__class__.__mro__ }}", "{{ customer.__class__ }}", "{{ customer.keys }}", "{{ customer['__class__'] }}",
    "{{ customer.first_name.__class__ }}", "{{ customer.first_name.upper }}", "{{ self }}", "{{ environ }}", "{{ env.PATH }}", "{{ request.user }}",
    "{{ config }}", "{{ open_pixel }}", "{{ records }}", "{{ 7 | times: 7 | append: customer.__init__ }}", "{{ loop.__globals__ }}", "{{ forloop.__class__ }}",
    "{{ cycler }}", "{{ namespace }}", "{{ lipsum }}", "{{ get_flashed_messages }}", "{{ customer.items }}", "{{ customer.first_name.format }}",
]  # fmt: skip
REFUSED = [
    "{% load static %}", "{% include '/etc/passwd' %}", "{% render 'x' %}", "{% debug %}", "{% extends 'x' %}", "{% import 'os' as os %}", "{% block x %}{% endblock %}",
    "{% tracked 0 %}https://evil.example{% endtracked %}", "{{ x | safe }}", "{{ x | attr: 'format' }}", "{{ x | eval }}", "{{ x | exec: 'id' }}", "{{ x | filter }}",
    "{{ ''.__class__() }}", "{{ x() }}", "{{ x.delete() }}", "{{", "{% if x %}", "{% for %}", "{% assign %}", "{% raw %}", "{{ (1..99999999) | join: 'x' }}",
    "{% assign r = (1..99999999) %}", "{% for i in (1..30000000) reversed %}{% endfor %}", "{% for i in (1..n) %}x{% endfor %}",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("part", ["subject", "preheader", "body", "text"])
def test_payloads_yield_nothing(payload: str, part: str) -> None:
    try:
        out = filled(**{"body": "Hello", part: f"Hello {payload}"}, context={"customer": {"first_name": "Ada"}})
    except CampaignError:
        return
    said = out.subject + out.preheader + out.html + out.text
    assert all(word not in said for word in ("S3CRET", "<class", "<built-in", "method", "object at", "dict_", "mro"))


@pytest.mark.parametrize("payload", REFUSED)
@pytest.mark.parametrize("part", ["subject", "body", "text"])
def test_payloads_are_refused(payload: str, part: str) -> None:
    with pytest.raises(CampaignError):
        prepare(content(**{"body": "Hello", part: f"Hello {payload}"}))


def test_data_are_never_templates() -> None:
    out = filled("{{ x }}", {"x": "{{ 7 | times: 7 }}{% if %}"}, subject="{{ x }}", text="{{ x }}")
    assert "{{ 7 | times: 7 }}" in out.subject and "{{ 7 | times: 7 }}" in out.text and "49" not in out.subject


@pytest.mark.parametrize("value", [Leaky(), {"a": Leaky()}, [Leaky()], {"a": [{"b": object()}]}, len, {1: "x"}, b"bytes"])
def test_only_plain_values_are_taken(value: object) -> None:
    with pytest.raises(TypeError):
        filled("{{ x.delete }}{{ x.secret }}", {"x": value})


BOMBS = [
    "{% for a in (1..900) %}{% for b in (1..900) %}{% for c in (1..900) %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% assign a = 'xxxxxxxxxxxxxxxx' %}{% for i in (1..900) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
    "{% assign a = 99 %}{% for i in (1..900) %}{% assign a = a | times: a %}{% endfor %}{{ a }}",
    "{% for i in (1..900) %}{% capture a %}{{ a }}{{ a }}xxxx{% endcapture %}{% endfor %}",
    "{% for i in (1..900) %}{{ big }}{% endfor %}",
    "{{ 1 | divided_by: 0 }}",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_fail_their_own_message_and_quickly(bomb: str) -> None:
    started = time.process_time()
    with pytest.raises(CampaignError):
        filled(bomb, {"big": "x" * 100_000})
    assert time.process_time() - started < 5


# --- which names are needed -----------------------------------------------------------------------------------------------


def test_variables_are_found_in_every_part_once() -> None:
    found = variables(
        content(
            "{{ customer.first_name }}{% for f in films_out %}{{ f.title }}{% endfor %}{% assign n = customer.store.name %}{{ n }}"
            "{% for r in records %}{{ r.film.title }}{% for x in r.film.actors %}{{ x.name }}{% endfor %}{% endfor %}{% raw %}{{ not.me }}{% endraw %}",
            subject="{{ customer.first_name }}", text="{{ unsubscribe_url }}{{ records[0].day }}{{ records.first.day }}",
        )
    )  # fmt: skip
    assert set(found) == {
        ("customer", "first_name"), ("customer", "store", "name"), ("films_out",), ("films_out", "title"), ("records",), ("records", "film", "title"),
        ("records", "film", "actors"), ("records", "film", "actors", "name"), ("records", "day"), ("records", "first", "day"),
    }  # fmt: skip
    assert len(found) == len(set(found))


def test_a_name_is_the_templates_own_only_where_it_is_defined() -> None:
    assert set(variables(content("{{ film.title }}{% for film in films %}{{ film.title }}{% endfor %}{{ film.year }}"))) == {
        ("film", "title"), ("films",), ("films", "title"), ("film", "year"),
    }  # fmt: skip
