"""E-mail: write to everybody in the population."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from sqlalchemy.dialects.postgresql import JSONB

from campaigns import render
from campaigns.activities.base import ActivityForm, ActivityType, Context, Node
from campaigns.activities.steps import Population, Send, Step, Written
from campaigns.attributes import to_one_end
from campaigns.choices import Category, Channel
from campaigns.exceptions import CampaignError
from campaigns.forms import RecipientPathField, SenderField
from campaigns.json_values import json_array, json_object
from campaigns.personalise import Values, as_json, consent_now, unknown_names
from schemas.catalog import Catalog
from schemas.choices import FieldRole
from schemas.exceptions import Problem

LIQUID_TAG, LIQUID_VALUE = re.compile(r"{%.*?%}", re.DOTALL), re.compile(r"{{.*?}}", re.DOTALL)


class Mode(models.TextChoices):
    RECIPIENT = "recipient", gettext_lazy("One message for each recipient")
    RECORD = "record", gettext_lazy("One message for each record")


class MailCategory(models.TextChoices):
    MARKETING = "marketing", gettext_lazy("Marketing")
    TRANSACTIONAL = "transactional", gettext_lazy("Transactional")


class Email(ActivityType):
    """Write an e-mail to everybody in the population.

    **Recipient**: the records themselves, or whoever they lead to: a rental leads to its customer. When several records
    lead to the same person, send *one message for each recipient* (all of their records are in the list `records`), or
    *one message for each record*.

    **Content**: the subject, the line that inboxes show after it, and the body, in MJML or as plain text. Values are
    written in double braces: `{{ customer.first_name }}`, `{{ rental.inventory.film.title }}`, or the name of an added
    column. A list is repeated with `{% for film in films_out %} … {% endfor %}`. A link's address is written out up to
    its host; values may stand behind it.

    **Marketing** messages go only to people who agreed, and carry an unsubscribe link: where the body has no
    `{{ unsubscribe_url }}`, one is added at the foot with the sender's postal address.

    Those who were written to go on when all messages are on their way: one record for each message. Everybody else is
    counted with a reason.
    """

    key = "email"
    label = gettext_lazy("E-mail")
    category = Category.CHANNELS
    icon = "mail"
    example = {
        "sender": None, "subject": "Hello {{ customer.first_name }}", "preheader": "From {{ customer.store.name }}",
        "body": "<mj-text>Hello {{ customer.first_name }}, see <a href=\"https://shop.example/new\">what is new</a>.</mj-text>",
        "text": "", "mode": "recipient", "recipient_path": [], "category": "marketing", "language": "en",
    }  # fmt: skip

    class Form(ActivityForm):
        sender = SenderField(label=gettext_lazy("Sender"), channel=Channel.EMAIL)
        category = forms.ChoiceField(label=gettext_lazy("Category"), choices=MailCategory.choices, initial=MailCategory.MARKETING)
        recipient_path = RecipientPathField(label=gettext_lazy("Recipient"), required=False, role=FieldRole.EMAIL)
        mode = forms.ChoiceField(label=gettext_lazy("Messages"), choices=Mode.choices, initial=Mode.RECIPIENT)
        subject = forms.CharField(label=gettext_lazy("Subject"), max_length=render.SUBJECT_LENGTH)
        preheader = forms.CharField(
            label=gettext_lazy("Preheader"),
            required=False,
            max_length=render.SUBJECT_LENGTH,
            help_text=gettext_lazy("The line that inboxes show after the subject."),
        )
        body = forms.CharField(
            label=gettext_lazy("Body"), strip=False, widget=forms.Textarea(attrs={"rows": 16, "class": "tutti-mjml", "spellcheck": "true"})
        )
        text = forms.CharField(
            label=gettext_lazy("Plain text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6}),
            help_text=gettext_lazy("For mail programs that show no HTML. Empty: made from the body."),
        )  # fmt: skip
        language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE)

        def clean_subject(self) -> str:
            return one_line(self.cleaned_data["subject"])

        def clean_preheader(self) -> str:
            return one_line(self.cleaned_data["preheader"])

        def resolved(self) -> dict[str, Any]:
            field = self.fields["sender"]
            sender = field.sender if isinstance(field, SenderField) else None
            if sender is None:
                return dict(self.cleaned_data)
            row = {
                "id": sender.pk,
                **{name: getattr(sender, name) for name in ("name", "from_name", "from_email", "reply_to", "postal_address")},
            }
            return {**self.cleaned_data, "sender": row}

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        content = node.config
        try:
            prepared = render.prepare(content)
        except CampaignError as error:
            yield from error.problems
            return
        yield from render.advice(content, prepared)
        if content["category"] == MailCategory.MARKETING and not content["sender"]["postal_address"].strip():
            yield Problem("sender", _("The sender has no postal address."), _("Marketing mail must show one: add it to the sender."))
        for population in inputs.get("in", []):
            yield from recipient_problems(content, population, context.catalog)
            for p in unknown_names(render.variables(content), context.catalog, population, content["recipient_path"]):
                yield Problem("body", f"{{{{ {p.where} }}}}: {p.text}", p.hint)

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        content = node.config
        values = Values(context.catalog, population, content["recipient_path"])
        told = {
            "content": render.prepare(content).as_dict(), "sender": content["sender"], "category": content["category"],
            "mode": content["mode"], "language": content["language"], "recipient": values.recipient.name,
        }  # fmt: skip
        wanted = messages(values, content, context)
        return [Send(Channel.EMAIL.value, wanted, told, consent_now(values.recipient)), Written("out", population)]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        """The subject without its programming: a value is three dots."""
        subject = LIQUID_TAG.sub("", str(config.get("subject") or ""))
        return " ".join(LIQUID_VALUE.sub("…", subject).split())


def one_line(text: str) -> str:
    if render.CONTROLS.search(text):
        raise ValidationError(_("Write it on one line, without control characters."))
    return text


def recipient_problems(content: Mapping[str, Any], population: Population, catalog: Catalog) -> Iterable[Problem]:
    recipient = to_one_end(catalog, catalog.schema(population.dimension), content["recipient_path"])
    if recipient.by_role(FieldRole.EMAIL) is None:
        yield Problem(
            "recipient_path", _("%(schema)s has no e-mail address.") % {"schema": recipient.label},
            _("Choose another recipient, or say in the schema which field holds the address."),
        )  # fmt: skip
    if content["category"] == MailCategory.MARKETING and recipient.by_role(FieldRole.EMAIL_CONSENT) is None:
        yield Problem(
            "category", _("%(schema)s has no field for consent to e-mail, so nobody is left out for want of it.") % {"schema": recipient.label},
            _("Say in the schema which field holds the consent."), "warning",
        )  # fmt: skip


def messages(values: Values, content: Mapping[str, Any], context: Context) -> sa.Select[Any]:
    """One row for each record: its key, recipient_key, entity_key, address, consent, context.

    Rows with the same two keys are one message: its context is in the row of the lowest key, and NULL in the others.
    Where no recipient is behind a record, recipient_key is an empty array.
    """
    tree, record, listed, _unknown = values.trees(render.variables(content))
    recipient, members = values.recipient_key(), values.joins.members
    own = [members.c[c.name] for c in values.joins.population.key]
    found = as_json(tree, context.clock)
    address, consent = values.address(), values.consent()
    missing = recipient[0].is_(None)
    key = sa.case((missing, sa.cast(sa.literal_column("'[]'"), JSONB)), else_=json_array(recipient))
    entity = json_array(own)
    if content["mode"] == Mode.RECIPIENT and values.path:
        entity = sa.case((missing, entity), else_=key)
        if listed:
            lines = aggregate_lines(as_json(record, context.clock), recipient, own)
            found = found.op("||", return_type=JSONB)(json_object({"records": lines}))
        first = sa.func.row_number().over(partition_by=recipient, order_by=own) == sa.literal_column("1")
        found = sa.case((sa.or_(first, missing), found), else_=sa.null())
    elif listed:
        alone = json_array([as_json(record, context.clock)])
        found = found.op("||", return_type=JSONB)(json_object({"records": alone}))
    columns = [
        *(column.label(c.name) for column, c in zip(own, values.joins.population.key, strict=True)),
        key.label("recipient_key"), entity.label("entity_key"),
        (sa.cast(address, sa.Text) if address is not None else sa.cast(sa.null(), sa.Text)).label("address"),
        (consent if consent is not None else sa.cast(sa.null(), sa.Boolean)).label("consent"),
        found.label("context"),
    ]  # fmt: skip
    return sa.select(*columns).select_from(values.joins.from_)


def aggregate_lines(record: sa.ColumnElement[Any], recipient: list[Any], own: list[Any]) -> sa.ColumnElement[Any]:
    """All records of one recipient, in the order of their keys."""
    return sa.func.jsonb_agg(record, type_=JSONB).over(partition_by=recipient, order_by=own, rows=(None, None))
