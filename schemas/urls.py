"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, path

from schemas.views import rule

urlpatterns: list[URLPattern] = [
    path("rules/catalog/", admin.site.admin_view(rule.catalog), name="rule-catalog"),
    path("rules/count/", admin.site.admin_view(rule.count), name="rule-count"),
    path("rules/rows/", admin.site.admin_view(rule.rows), name="rule-rows"),
]
