"""Addresses that recipients see: opens, clicks, unsubscribing."""

from django.urls import URLPattern, path

from orchestration.views import track

urlpatterns: list[URLPattern] = [
    path("o/<str:token>.gif", track.opened, name="track-open"),
    path("c/<str:token>", track.clicked, name="track-click"),
    path("u/<str:token>", track.unsubscribe, name="track-unsubscribe"),
]
