"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, path

from reporting.views import report

inside = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("reports/", inside(report.reports), name="reports"),
    path("reports/campaigns/<int:campaign_id>/", inside(report.campaign_report), name="campaign-report"),
    path("reports/campaigns/<int:campaign_id>/csv/", inside(report.campaign_report_csv), name="campaign-report-csv"),
    path("reports/campaigns/<int:campaign_id>/pdf/", inside(report.campaign_report_pdf), name="campaign-report-pdf"),
    path("reports/campaigns/<int:campaign_id>/rows/", inside(report.campaign_report_rows), name="campaign-report-rows"),
    path("reports/files/<int:report_id>/", inside(report.report_file), name="report-file"),
]
