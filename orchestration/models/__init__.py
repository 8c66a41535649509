"""The nouns of the app."""

from orchestration.models.event import Event
from orchestration.models.inbox_mail import InboxMail
from orchestration.models.message import Message
from orchestration.models.provider_account import ProviderAccount
from orchestration.models.run import LogLine, Run, Task
from orchestration.models.suppression import Suppression
from orchestration.models.work_table import WorkTable

__all__ = ["Event", "InboxMail", "LogLine", "Message", "ProviderAccount", "Run", "Suppression", "Task", "WorkTable"]
