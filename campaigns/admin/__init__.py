"""The admin pages of the app, one file per noun."""

from campaigns.admin.audience import AudienceAdmin
from campaigns.admin.campaign import CampaignAdmin
from campaigns.admin.sender import SenderAdmin

__all__ = ["AudienceAdmin", "CampaignAdmin", "SenderAdmin"]
