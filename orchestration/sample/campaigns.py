"""Two drawn campaigns: a thank-you in two languages that shows every activity, and one reminder for each journey."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from campaigns import canvas, publish
from campaigns.choices import Channel
from campaigns.models import Campaign, Sender
from orchestration.models import ProviderAccount
from orchestration.sample.audiences import HOME_BUYERS, LOYAL, SOON_TRAVELLING, condition, group

MAILS = Path(__file__).with_name("mails")
STEP_X, STEP_Y = 280, 120  # pixels from box to box
THANK_YOU, REMINDER = "Autumn thank-you", "Booking reminder"

Graph = dict[str, Any]


def mail(name: str) -> str:
    return (MAILS / f"{name}.mjml").read_text(encoding="utf-8")


def box(uid: str, kind: str, label: str, column: float, row: float, **config: Any) -> dict[str, Any]:
    return {"uid": uid, "kind": kind, "label": label, "x": round(60 + column * STEP_X), "y": round(60 + row * STEP_Y), "config": config}


def arrow(source: str, target: str, port: str = "out", label: str = "") -> dict[str, str]:
    return {"source": source, "source_port": port, "target": target, "target_port": "in", "label": label}


def by_language(*path: str) -> list[dict[str, Any]]:
    """Those who read French, and everyone else; a client without a language reads English."""
    common = {"limit_kind": "none", "limit": None, "sort": None}
    return [
        {"label": "French", "rule": group(condition("language", "eq", "fr", path=path)), **common},
        {"label": "Everyone else", "rule": None, **common},
    ]


ENRICHMENTS = [
    {
        "kind": "collection", "path": ["orders", "lines"], "alias": "recent_lines", "label": "Last three things bought", "limit": 3,
        "where": group(condition("status", "ne", "cancelled", path=("order",))),
        "sort": {"path": ["order"], "field": "placed_at", "direction": "desc"},
        "fields": [
            {"path": ["product"], "field": "name", "name": "name"},
            {"path": ["product"], "field": "name_fr", "name": "name_fr"},
            {"path": [], "field": "quantity", "name": "quantity"},
            {"path": [], "field": "price", "name": "price"},
        ],
    },
    {
        "kind": "aggregate", "function": "sum", "path": ["orders"], "field": "total", "alias": "total_spent", "label": "Spent so far",
        "where": group(condition("status", "not_in", ["cancelled", "returned"])),
    },
]  # fmt: skip


def thank_you(sender: Sender) -> Graph:
    """Downwards in two columns: whom to write to, and the writing; all of it is readable on a small screen."""
    letter: dict[str, Any] = {"sender": sender.pk, "text": "", "mode": "recipient", "recipient_path": [], "category": "marketing"}
    activities = [
        box("loyal", "build_audience", "Loyal and active", 0, 0, rule=LOYAL),
        box("home", "build_audience", "Bought for the home", 1, 0, rule=HOME_BUYERS),
        box("combine", "combine", "Either of them", 0.5, 1, method="union", primary=""),
        box(
            "unique", "deduplicate", "One per address", 0.5, 2,
            fields=[{"path": [], "field": "email"}], keep=1, method="lowest", by={"path": [], "field": "created_at"},
        ),
        box("enrich", "enrich", "What they bought", 0.5, 3, entries=ENRICHMENTS),
        box("fork", "fork", "Write, and follow up", 3.464, 0, branches=["Write", "Follow up"]),
        box("split", "split", "By language", 3.129, 1, subsets=by_language()),
        box(
            "mailfr", "email", "Thanks, in French", 2.243, 2, **letter, language="fr", body=mail("thank_you_fr"),
            subject="Merci pour cet automne{% if client.first_name %}, {{ client.first_name }}{% endif %}",
            preheader="Une petite attention, et les nouveautés de la maison.",
        ),
        box(
            "mailen", "email", "Thanks, in English", 3.243, 2, **letter, language="en", body=mail("thank_you_en"),
            subject="Thank you for this autumn{% if client.first_name %}, {{ client.first_name }}{% endif %}",
            preheader="A small surprise, and what is new in the house.",
        ),
        box("join", "and_join", "All written", 2.743, 3, primary="fork"),
        box("wait", "wait", "Let them read", 2.743, 3.9, how="duration", amount=5, unit="seconds", until=""),
        box("end", "end", "Done", 2.743, 4.8),
    ]  # fmt: skip
    transitions = [
        arrow("loyal", "combine"), arrow("home", "combine"), arrow("combine", "unique"), arrow("unique", "enrich"), arrow("enrich", "fork"),
        arrow("fork", "split", "out_1"), arrow("split", "mailfr", "out_1"), arrow("split", "mailen", "out_2"),
        arrow("mailfr", "join"), arrow("mailen", "join"), arrow("fork", "join", "out_2"), arrow("join", "wait"), arrow("wait", "end"),
    ]  # fmt: skip
    return {"activities": activities, "transitions": transitions}


def reminder(sender: Sender) -> Graph:
    letter: dict[str, Any] = {"sender": sender.pk, "text": "", "mode": "record", "recipient_path": ["client"], "category": "transactional"}
    activities = [
        box("journeys", "build_audience", "Leaving soon", 1, 0, rule=SOON_TRAVELLING),
        box("split", "split", "By language", 0.886, 1, subsets=by_language("client")),
        box(
            "mailfr", "email", "Reminder in French", 0, 2, **letter, language="fr", body=mail("journey_fr"),
            subject="Départ le {{ booking.starts_on | date: '%d/%m' }} : {{ booking.destination_fr }} vous attend",
            preheader="Tout ce qu'il vous faut, sur une seule page.",
        ),
        box(
            "mailen", "email", "Reminder in English", 1, 2, **letter, language="en", body=mail("journey_en"),
            subject="You leave on {{ booking.starts_on | date: '%d %B' }}: {{ booking.destination }} is waiting",
            preheader="All you need, on one page.",
        ),
        box("end", "end", "Done", 0.5, 3),
    ]  # fmt: skip
    transitions = [
        arrow("journeys", "split"), arrow("split", "mailfr", "out_1"), arrow("split", "mailen", "out_2"),
        arrow("mailfr", "end"), arrow("mailen", "end"),
    ]  # fmt: skip
    return {"activities": activities, "transitions": transitions}


def sample_sender() -> Sender:
    """A sender with a provider account; empty settings mean the mail server the site was started with (EMAIL_URL)."""
    sender, _made = Sender.objects.get_or_create(
        name="Maison Tutti",
        defaults={
            "channel": Channel.EMAIL,
            "from_name": "Maison Tutti",
            "from_email": "hello@maison-tutti.example",
            "reply_to": "atelier@maison-tutti.example",
            "postal_address": "Maison Tutti, 12 rue des Rosiers, 75004 Paris, France",
        },
    )
    account, _made = ProviderAccount.objects.get_or_create(name="Mail server of this site", defaults={"provider": "smtp", "settings": {}})
    account.senders.add(sender)
    return sender


def draw_campaigns(user: User) -> list[Campaign]:
    """Both campaigns lie there as drafts of `user`."""
    sender = sample_sender()
    drawn = []
    for name, description, graph in (
        (THANK_YOU, "A thank-you in two languages to those who bought lately, with what they bought.", thank_you(sender)),
        (REMINDER, "One message for each journey that is about to start, to the client who booked it.", reminder(sender)),
    ):
        campaign = publish.create_campaign(name, user, description)
        version = campaign.latest
        canvas.save(version, graph, user, version.revision)
        drawn.append(campaign)
    return drawn
