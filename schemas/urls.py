"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, path

from schemas.views import ingestion, rule, schema

urlpatterns: list[URLPattern] = [
    path("rules/catalog/", admin.site.admin_view(rule.catalog), name="rule-catalog"),
    path("rules/count/", admin.site.admin_view(rule.count), name="rule-count"),
    path("rules/rows/", admin.site.admin_view(rule.rows), name="rule-rows"),
    path("schemas/<int:schema_id>/records/", admin.site.admin_view(schema.records), name="schema-records"),
    path("schemas/<int:schema_id>/count/", admin.site.admin_view(schema.record_count), name="schema-count"),
    path("schemas/<int:schema_id>/publish/", admin.site.admin_view(schema.publish), name="schema-publish"),
    path("schemas/ddl/", admin.site.admin_view(schema.ddl_upload), name="ddl-upload"),
    path("imports/upload/", admin.site.admin_view(ingestion.upload), name="import-upload"),
    path("imports/<int:import_id>/", admin.site.admin_view(ingestion.progress), name="import-progress"),
    path("imports/<int:import_id>/rejected/", admin.site.admin_view(ingestion.rejects), name="import-rejects"),
]
