"""What can go wrong with a drawing; every text says what to do next."""

from schemas.exceptions import Problem


class CampaignError(Exception):
    """A verb was refused; `problems` tells why, all at once."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [p if isinstance(p, Problem) else Problem("", p) for p in problems]
        super().__init__("; ".join(str(p.text) for p in self.problems))


class NotAllowed(CampaignError):
    """The person may not do this."""


class EditConflict(CampaignError):
    """Somebody else saved in between; nothing was overwritten."""
