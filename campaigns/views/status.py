"""How the status of a version is coloured, everywhere."""

from campaigns.choices import VersionStatus

LEVELS: dict[str, str] = {
    VersionStatus.DRAFT: "",
    VersionStatus.IN_REVIEW: "info",
    VersionStatus.CHANGES_REQUESTED: "warn",
    VersionStatus.APPROVED: "good",
    VersionStatus.SCHEDULED: "info",
    VersionStatus.LIVE: "accent",
    VersionStatus.PAUSED: "warn",
    VersionStatus.COMPLETED: "good",
    VersionStatus.COMPLETED_WITH_ERRORS: "warn",
    VersionStatus.FAILED: "bad",
    VersionStatus.STOPPED: "warn",
}
