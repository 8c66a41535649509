"""Help: the guides, and a way to the page of every activity type."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.activities.base import registry
from campaigns.choices import Category
from orchestration import guides


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    kinds = registry().values()
    groups = [{"label": group.label, "kinds": [k for k in kinds if k.category == group]} for group in Category]
    context = {"guides": guides.guides(), "groups": [group for group in groups if group["kinds"]]}
    return render(request, "help/index.html", {**admin.site.each_context(request), "title": _("Help"), **context})


@require_GET
def guide(request: HttpRequest, name: str) -> HttpResponse:
    if name not in guides.NAMES:
        raise Http404
    found = guides.guide(name)
    context = {"guide": found, "guides": guides.guides()}
    return render(request, "help/guide.html", {**admin.site.each_context(request), "title": found.title, **context})
