"""Every address of the site; the other apps are named by string only."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/jsi18n/", JavaScriptCatalog.as_view(packages=None), name="javascript-catalog"),
    path("admin/", include("schemas.urls")),
    path("admin/", include("campaigns.urls")),
    path("admin/", include("orchestration.admin_urls")),
    path("admin/", include("reporting.urls")),
    path("admin/", admin.site.urls),
    path("", include("orchestration.public_urls")),
]
