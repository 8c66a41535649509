"""Pages around a schema: publish it, look at its records, describe new ones from DDL."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from schemas import records as records_page
from schemas.catalog import describe
from schemas.choices import SchemaStatus
from schemas.ddl import Review, describe_ddl, read_ddl, review_problems
from schemas.exceptions import Problem, SchemaError
from schemas.models import Schema
from schemas.review import review_publish
from schemas.tables import publish as publish_schemas
from schemas.views.rule import shown

DIALECTS = [
    ("postgres", "PostgreSQL"),
    ("mysql", "MySQL, MariaDB"),
    ("tsql", "SQL Server"),
    ("oracle", "Oracle"),
    ("snowflake", "Snowflake"),
    ("bigquery", "BigQuery"),
    ("sqlite", "SQLite"),
]


def page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


# --- publish ------------------------------------------------------------------------------------------------------------


@permission_required("schemas.change_schema", raise_exception=True)
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, schema_id: int) -> HttpResponse:
    """Show what will change; change it after a confirmation of exactly that."""
    asked = {schema_id, *(int(pk) for pk in request.GET.getlist("with") + request.POST.getlist("with") if pk.isdigit() and len(pk) < 19)}
    get_object_or_404(Schema, pk=schema_id)
    schemas = list(Schema.objects.filter(pk__in=asked))
    found: list[Problem] = []
    review = review_publish(schemas)
    if request.method == "POST":
        if request.POST.get("seal") != review.seal:
            found = [Problem("", _("The descriptions changed while you were reading."), _("Look at the list again, then confirm."))]
        else:
            try:
                publish_schemas(schemas, request.user)  # type: ignore[arg-type]
            except SchemaError as error:
                found = error.problems
            else:
                messages.success(request, ngettext("Published.", "%(n)s schemas published.", len(schemas)) % {"n": len(schemas)})
                return (
                    redirect("admin:schemas_schema_change", schema_id) if len(schemas) == 1 else redirect("admin:schemas_schema_changelist")
                )
    title = _("Publish %(names)s") % {"names": ", ".join(s.label for s in schemas)}
    context = {"title": title, "review": review, "failed": found, "first": schema_id}
    return page(request, "schemas/publish.html", 409 if found else 200, **context)


CELLS = {"number": "t-number", "text": "s-text"}


def shown_briefly(value: Any) -> str:
    """Dates and times short, so that many fit beside each other."""
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "SHORT_DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    return shown(value)


# --- records ------------------------------------------------------------------------------------------------------------


@permission_required("schemas.view_schema", raise_exception=True)
@require_GET
def records(request: HttpRequest, schema_id: int) -> HttpResponse:
    """The records of a schema, fifty at a time."""
    schema = get_object_or_404(Schema, pk=schema_id, status=SchemaStatus.PUBLISHED)
    personal = request.user.has_perm("schemas.view_personal")
    search, after = request.GET.get("q", "").strip()[:200], request.GET.get("after", "")[:2000]
    context: dict[str, Any] = {
        "title": _("Records of %(schema)s") % {"schema": schema.label},
        "schema": schema,
        "search": search,
        "personal": personal,
        "first": not after,
    }
    try:
        found = records_page.page(describe(schema), after, search, personal)
    except SchemaError as error:
        return page(request, "schemas/records.html", 400, **context, problems=error.problems)
    kinds = [CELLS.get(field.kind.family, "") for field in found.fields]
    rows = [[(shown_briefly(value), kind) for value, kind in zip(row, kinds, strict=True)] for row in found.rows]
    return page(request, "schemas/records.html", **context, fields=found.fields, rows=rows, after=found.after)


@permission_required("schemas.view_schema", raise_exception=True)
@require_GET
def record_count(request: HttpRequest, schema_id: int) -> HttpResponse:
    """The exact number, asked for after the page is there: counting takes time where there are many."""
    schema = get_object_or_404(Schema, pk=schema_id, status=SchemaStatus.PUBLISHED)
    try:
        text = formats.localize(records_page.count(describe(schema)), use_l10n=True)
    except SchemaError as error:
        text = str(error.problems[0].text)
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})


# --- describe -----------------------------------------------------------------------------------------------------------


class DdlForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("DDL file"), required=False, widget=forms.FileInput(attrs={"accept": ".sql,.ddl,.txt"}))
    text = forms.CharField(
        label=gettext_lazy("or paste the statements"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )
    dialect = forms.ChoiceField(label=gettext_lazy("Written for"), choices=DIALECTS, initial="postgres")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file:
            if file.size > settings.DDL_MAX_BYTES:
                raise forms.ValidationError(
                    _("The file is larger than %(n)s kB. Leave the rows out; only CREATE TABLE counts.")
                    % {"n": settings.DDL_MAX_BYTES // 1024}
                )
            try:
                cleaned["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise forms.ValidationError(_("The file is not UTF-8. Save it as UTF-8 and upload it again.")) from error
        text = cleaned.get("text") or ""
        if not text.strip():
            raise forms.ValidationError(_("Choose a file, or paste the statements."))
        if len(text.encode()) > settings.DDL_MAX_BYTES:
            raise forms.ValidationError(
                _("The text is longer than %(n)s kB. Leave the rows out; only CREATE TABLE counts.") % {"n": settings.DDL_MAX_BYTES // 1024}
            )
        return cleaned


@permission_required("schemas.add_schema", raise_exception=True)
@require_http_methods(["GET", "POST"])
def ddl_upload(request: HttpRequest) -> HttpResponse:
    """Read a file, show what it would describe, and describe it after a confirmation."""
    form = DdlForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"title": _("Describe tables from DDL"), "form": form}
    if request.method == "GET" or not form.is_valid():
        return page(request, "schemas/ddl_upload.html", 200 if request.method == "GET" else 400, **context)
    text, dialect = form.cleaned_data["text"], form.cleaned_data["dialect"]
    try:
        review = read_ddl(text, dialect)
    except SchemaError as error:
        form.add_error(None, [str(p.text) for p in error.problems])
        return page(request, "schemas/ddl_upload.html", 400, **context)
    versions = {name: request.POST.get(f"version-{name}", table.version) for name, table in review.tables.items()}
    problems = review_problems(review, versions)
    action = request.POST.get("action")
    if action in {"describe", "publish"} and not problems:
        try:
            return describe_reviewed(request, review, versions, action == "publish")
        except SchemaError as error:
            problems = error.problems
    context |= {
        "review": review,
        "problems": problems,
        "text": text,
        "dialect": dialect,
        "versions": versions,
        "may_publish": request.user.has_perm("schemas.change_schema"),
    }
    return page(request, "schemas/ddl_review.html", **context)


def describe_reviewed(request: HttpRequest, review: Review, versions: dict[str, str], also_publish: bool) -> HttpResponse:
    with transaction.atomic():
        schemas = describe_ddl(review, request.user, versions)  # type: ignore[arg-type]
        if also_publish:
            publish_schemas(schemas, request.user)  # type: ignore[arg-type]
    done = (
        _("%(n)s schemas described and published.") if also_publish else _("%(n)s schemas described. Publish them to create their tables.")
    )
    messages.success(request, done % {"n": len(schemas)})
    return redirect("admin:schemas_schema_changelist")
