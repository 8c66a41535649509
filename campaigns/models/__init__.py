"""The nouns of the app."""

from campaigns.models.approval import Approval
from campaigns.models.audience import Audience
from campaigns.models.campaign import Campaign
from campaigns.models.graph import Activity, Transition
from campaigns.models.sender import Sender
from campaigns.models.version import Version

__all__ = ["Activity", "Approval", "Audience", "Campaign", "Sender", "Transition", "Version"]
