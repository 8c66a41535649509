"""The canvas, its requests, the list twin, and the pages around a campaign."""

import json

import pytest
from django.urls import reverse

from campaigns import canvas, publish
from campaigns.activities.base import registry
from campaigns.models import Campaign, Version
from campaigns.testing import APPROVER, MARKETER, audience, draw, person, sender
from schemas.testing import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def marie(client):
    small_world()
    user = person("marie", [*MARKETER, "view_sender"])
    user.is_staff = True
    user.save()
    client.force_login(user)
    return user


@pytest.fixture
def version(marie):
    return draw(marie, [{"uid": "a", **audience("a")}, {"uid": "b", "kind": "split", "label": "Halves"}], ["a>b"])


def post(client, name, version, data):
    return client.post(reverse(name, args=[version.pk]), json.dumps(data), content_type="application/json")


def data_of(page):
    return page.context["data"]


def test_it_works(client, version):
    page = client.get(reverse("campaign-canvas", args=[version.campaign_id]))
    assert page.status_code == 200
    data = data_of(page)
    assert data["editable"] and data["version"] == version.pk
    assert [a["uid"] for a in data["graph"]["activities"]] == ["a", "b"]
    assert data["described"]["a"]["summary"]
    assert {kind["key"] for kind in data["palette"]} == set(registry())
    assert [p["where"] for p in data["problems"] if p["level"] == "error"] == ["b"]


def test_a_chosen_version_is_shown_and_a_missing_one_is_not_found(client, version):
    address = reverse("campaign-canvas", args=[version.campaign_id])
    assert client.get(address, {"version": 1}).context["version"] == version
    assert client.get(address, {"version": 7}).status_code == 404
    assert client.get(reverse("campaign-canvas", args=[0])).status_code == 404


def test_saving_answers_revision_descriptions_and_problems(client, version):
    graph = canvas.read(version)
    graph["activities"][1]["config"] = {"subsets": [{"label": "Half", "limit_kind": "percent", "limit": 50}]}
    answer = post(client, "canvas-save", version, graph).json()
    assert answer["revision"] == version.revision + 1
    assert [port["key"] for port in answer["described"]["b"]["outputs"]] == ["out_1", "complement"]
    assert not [p for p in answer["problems"] if p["level"] == "error"]


def test_a_second_editor_is_told_who_was_faster(client, version):
    paul = person("paul")
    canvas.save(version, canvas.read(version), paul, version.revision)
    answer = post(client, "canvas-save", version, {**canvas.read(version), "revision": 0})
    assert answer.status_code == 409
    assert "paul" in answer.json()["message"]


@pytest.mark.parametrize("body", ["", "[]", '"x"', "{}", '{"revision": 1, "activities": 3, "transitions": []}'])
def test_what_cannot_be_read_is_refused_with_words(client, version, body):
    answer = client.post(reverse("canvas-save", args=[version.pk]), body, content_type="application/json")
    assert answer.status_code in (400, 409)
    assert answer.json()["message"]


def test_the_form_of_a_box_offers_what_flows_in(client, version):
    graph = canvas.read(version)
    html = post(client, "activity-form", version, {"uid": "b", "graph": graph}).content.decode()
    assert 'data-list="subsets"' in html and 'data-schema="customer"' in html
    alone = post(client, "activity-form", version, {"uid": "b", "graph": {**graph, "transitions": []}}).content.decode()
    assert 'data-schema=""' in alone


def test_the_form_shows_what_is_stored_and_not_what_it_refers_to(client, marie):
    """A select that showed nothing here would be saved as nothing with the next change."""
    letter = {**registry()["email"].example, "sender": sender().pk}
    version = draw(marie, [{"uid": "a", **audience("a")}, {"uid": "m", "kind": "email", "config": letter}], ["a>m"])
    html = post(client, "activity-form", version, {"uid": "m", "graph": canvas.read(version)}).content.decode()
    assert f'<option value="{sender().pk}" selected>' in html
    assert (
        f'value="{sender().pk}" selected' in client.get(reverse("campaign-list-activity", args=[version.campaign_id, "m"])).content.decode()
    )


def test_a_form_on_a_circle_says_what_to_do(client, version):
    graph = canvas.read(version)
    back = {"source": "b", "source_port": "out_1", "target": "a", "target_port": "in", "label": ""}
    answer = post(client, "activity-form", version, {"uid": "b", "graph": {**graph, "transitions": [*graph["transitions"], back]}})
    assert answer.status_code == 400
    assert "circle" in answer.json()["message"]


def test_settings_are_cleaned_and_what_does_not_fit_is_kept(client, version):
    url = reverse("activity-config", args=[version.pk])
    sent = {"__uid": "b", "__graph": json.dumps(canvas.read(version))}
    good = client.post(url, {**sent, "subsets": json.dumps([{"label": "Half", "limit_kind": "percent", "limit": "50"}])}).json()
    assert good["errors"] == {}
    assert good["config"]["subsets"][0]["limit"] == 50
    assert [port["key"] for port in good["described"]["outputs"]] == ["out_1", "complement"]
    bad = client.post(url, {**sent, "subsets": json.dumps([{"label": "Half", "limit_kind": "percent", "limit": 500}])}).json()
    assert "subsets" in bad["errors"]
    assert bad["config"]["subsets"][0]["limit"] == 500
    gone = client.post(url, {**sent, "__uid": "zz"})
    assert gone.status_code == 400


def test_submitting_lists_every_problem(client, version):
    answer = post(client, "version-submit", version, {})
    assert answer.status_code == 400
    assert {p["where"] for p in answer.json()["problems"]} == {"b"}


def test_a_version_is_submitted_withdrawn_and_read_only_between(client, marie):
    version = draw(marie, [{"uid": "a", **audience("a")}, {"uid": "b", "kind": "end"}], ["a>b"])
    assert post(client, "version-submit", version, {}).status_code == 200
    data = data_of(client.get(reverse("campaign-canvas", args=[version.campaign_id])))
    assert not data["editable"] and data["can"]["withdraw"] and not data["can"]["draft"]
    assert post(client, "canvas-save", version, canvas.read(Version.objects.get())).status_code == 400
    assert post(client, "version-withdraw", version, {}).status_code == 200
    assert Version.objects.get().editable


def test_an_approved_version_gets_a_new_draft(client, marie):
    version = draw(marie, [{"uid": "a", **audience("a")}, {"uid": "b", "kind": "end"}], ["a>b"])
    publish.approve(publish.submit(version, marie), person("ana", APPROVER))
    assert post(client, "version-draft", version, {}).status_code == 200
    assert [v.number for v in version.campaign.versions.order_by("number")] == [1, 2]


def test_verbs_and_requests_need_post_and_permission(client, version):
    for name in ("canvas-save", "activity-form", "activity-config", "version-submit", "version-withdraw", "version-draft"):
        assert client.get(reverse(name, args=[version.pk])).status_code == 405
    reader = person("reader", ["view_campaign"])
    reader.is_staff = True
    reader.save()
    client.force_login(reader)
    assert client.get(reverse("campaign-canvas", args=[version.campaign_id])).context["data"]["editable"] is False
    assert post(client, "canvas-save", version, canvas.read(version)).status_code == 403
    assert post(client, "version-submit", version, {}).status_code == 403
    assert client.post(reverse("campaign-list-twin", args=[version.campaign_id]), {"action": "remove", "uid": "a"}).status_code == 403
    assert client.get(reverse("campaign-add")).status_code == 403
    nobody = person("nobody", [])
    nobody.is_staff = True
    nobody.save()
    client.force_login(nobody)
    assert client.get(reverse("campaign-canvas", args=[version.campaign_id])).status_code == 403
    assert Version.objects.get().revision == version.revision


# --- the list twin ----------------------------------------------------------------------------------------------------


def change(client, version, **said):
    address = reverse("campaign-list-twin", args=[version.campaign_id])
    return client.post(address, {"revision": Version.objects.get(pk=version.pk).revision, **said}, follow=True)


def test_the_list_adds_connects_renames_and_removes(client, version):
    change(client, version, action="add", kind="end", label="Done")
    uid = canvas.read(Version.objects.get())["activities"][-1]["uid"]
    change(client, version, action="connect", source="b|complement", target=f"{uid}|in", label="Rest")
    assert canvas.read(Version.objects.get())["transitions"][-1]["label"] == "Rest"
    change(client, version, action="relabel", key=f"b|complement|{uid}|in", label="The rest")
    assert canvas.read(Version.objects.get())["transitions"][-1]["label"] == "The rest"
    page = client.get(reverse("campaign-list-twin", args=[version.campaign_id]))
    assert "Halves – Complement" in page.content.decode()
    change(client, version, action="disconnect", key=f"b|complement|{uid}|in")
    change(client, version, action="remove", uid=uid)
    assert canvas.read(Version.objects.get()) == {**canvas.read(version), "revision": version.revision + 5}


def test_the_list_says_why_it_refuses(client, version):
    page = change(client, version, action="connect", source="a|out", target="b|in")
    assert "already leads somewhere" in page.content.decode()
    late = change(client, version, action="remove", uid="a", revision=0)
    assert "Somebody else saved" in late.content.decode()
    assert len(canvas.read(Version.objects.get())["activities"]) == 2


def test_an_activity_is_configured_on_its_own_page(client, version):
    address = reverse("campaign-list-activity", args=[version.campaign_id, "b"])
    assert client.get(address).status_code == 200
    subsets = json.dumps([{"label": "Half", "limit_kind": "percent", "limit": 50}])
    client.post(address, {"revision": version.revision, "__label": "Two halves", "subsets": subsets})
    box = canvas.read(Version.objects.get())["activities"][1]
    assert (box["label"], box["config"]["subsets"][0]["limit"]) == ("Two halves", 50)
    page = client.post(address, {"revision": version.revision + 1, "__label": "Two halves", "subsets": "[]"})
    assert page.status_code == 200 and page.context["form"].errors
    assert client.get(reverse("campaign-list-activity", args=[version.campaign_id, "zz"])).status_code == 302


# --- pages around a campaign ------------------------------------------------------------------------------------------


def test_a_new_campaign_leads_to_its_canvas(client, marie):
    assert client.get(reverse("admin:campaigns_campaign_add")).url == reverse("campaign-add")
    answer = client.post(reverse("campaign-add"), {"name": "Spring", "description": "Flowers"})
    campaign = Campaign.objects.get()
    assert answer.url == reverse("campaign-canvas", args=[campaign.pk])
    assert (campaign.owner, campaign.description) == (marie, "Flowers")
    assert client.post(reverse("campaign-add"), {"name": ""}).context["form"].errors


def test_the_list_of_campaigns_hides_archived_ones_until_asked(client, version):
    client.post(reverse("campaign-properties", args=[version.campaign_id]), {"name": "Old one", "archived": "on"})
    address = reverse("admin:campaigns_campaign_changelist")
    assert "Old one" not in client.get(address).content.decode()
    archived = client.get(address, {"archive": "archived"}).content.decode()
    assert "Old one" in archived and reverse("campaign-canvas", args=[version.campaign_id]) in archived
    assert client.get(address, {"archive": "all", "status": "live"}).context["cl"].result_count == 0
    change_page = reverse("admin:campaigns_campaign_change", args=[version.campaign_id])
    assert client.get(change_page).url == reverse("campaign-canvas", args=[version.campaign_id])


def test_the_history_shows_decisions_and_comments(client, marie):
    version = draw(marie, [{"uid": "a", **audience("a")}, {"uid": "b", "kind": "end"}], ["a>b"])
    publish.request_changes(publish.submit(version, marie), person("ana", APPROVER), "Too <b>many</b> people")
    page = client.get(reverse("campaign-versions", args=[version.campaign_id])).content.decode()
    assert "Too &lt;b&gt;many&lt;/b&gt; people" in page and "ana" in page
    assert "Too &lt;b&gt;many&lt;/b&gt; people" in client.get(reverse("campaign-canvas", args=[version.campaign_id])).content.decode()


@pytest.mark.parametrize("kind", sorted(registry()))
def test_every_type_has_a_help_page(client, marie, kind):
    page = client.get(reverse("activity-help", args=[kind]))
    assert page.status_code == 200
    assert str(registry()[kind].label) in page.content.decode()


def test_help_about_nothing_is_not_found(client, marie):
    assert client.get(reverse("activity-help", args=["nonsense"])).status_code == 404
