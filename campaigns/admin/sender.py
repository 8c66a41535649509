"""Senders: who messages come from."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from campaigns.models import Sender


@admin.register(Sender)
class SenderAdmin(ModelAdmin):
    list_display = ["name", "channel", "from_name", "from_email", "reply_to"]
    list_filter = ["channel"]
    search_fields = ["name", "from_name", "from_email"]
