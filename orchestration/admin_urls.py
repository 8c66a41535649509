"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, path

from orchestration.views import help

inside = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("help/", inside(help.index), name="help"),
    path("help/<slug:name>/", inside(help.guide), name="help-guide"),
]
