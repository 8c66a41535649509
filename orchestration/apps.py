"""The orchestration app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from orchestration.roles import ensure_roles


class OrchestrationConfig(AppConfig):
    name = "orchestration"
    verbose_name = _("Orchestration")

    def ready(self) -> None:
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="orchestration.roles")
