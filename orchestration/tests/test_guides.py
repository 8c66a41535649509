"""The guides: there in both languages, of the same build, and shown without trusting a character of them."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from campaigns.activities.base import registry
from orchestration import guides


def test_it_reads_a_guide_into_blocks() -> None:
    blocks = guides.blocks_of(
        "# A *title*\n\nText of\ntwo lines with `code`.\n\n- one\n  more\n- **two**\n\n1. first\n2. second\n\n    a = 1\n    b\n"
    )
    assert [block.kind for block in blocks] == ["heading", "text", "list", "steps", "code"]
    assert blocks[1].text == [("Text of two lines with ", ""), ("code", "code"), (".", "")]
    assert blocks[2].items == [[("one more", "")], [("two", "strong")]]
    assert blocks[4].code == "a = 1\nb"


@pytest.mark.parametrize("name", guides.NAMES)
def test_both_languages_have_the_same_build(name: str) -> None:
    with translation.override("en"):
        english = guides.guide(name)
    with translation.override("fr"):
        french = guides.guide(name)
    assert english.title != french.title and english.lead and french.lead
    assert [(b.kind, len(b.items)) for b in english.blocks] == [(b.kind, len(b.items)) for b in french.blocks]


def test_every_file_is_a_guide() -> None:
    for language in ("en", "fr"):
        assert {path.stem for path in (guides.FOLDER / language).glob("*.md")} == set(guides.NAMES)


def test_another_language_reads_english() -> None:
    with translation.override("de"):
        assert guides.guide("rules").title == "Asking questions"


@pytest.mark.django_db
def test_pages_show_guides_and_activities(client: Client) -> None:
    assert client.get(reverse("help")).status_code == 302, "for people of the site only"
    client.force_login(User.objects.create_superuser("chief"))
    page = client.get(reverse("help")).content.decode()
    for address in [
        *(reverse("help-guide", args=[name]) for name in guides.NAMES),
        *(reverse("activity-help", args=[key]) for key in registry()),
    ]:
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert client.get(reverse("help-guide", args=["nothing"])).status_code == 404


@pytest.mark.django_db
def test_what_is_written_is_never_markup(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(User.objects.create_superuser("chief"))
    bad = guides.Guide("rules", "<b>T</b>", "", guides.blocks_of("Hello <script>alert(1)</script> `<i>`\n\n    <u>code</u>"))
    monkeypatch.setattr(guides, "guide", lambda name: bad)
    page = client.get(reverse("help-guide", args=["rules"])).content.decode()
    assert "<script>alert" not in page and "<i>" not in page and "<u>" not in page and "&lt;u&gt;code" in page
