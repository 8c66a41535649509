"""What can go wrong while running; every text says what to do next."""

from schemas.exceptions import Problem


class RunError(Exception):
    """A verb on a run was refused; `problems` tells why, all at once."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [p if isinstance(p, Problem) else Problem("", p) for p in problems]
        super().__init__("\n".join(f"{p.text} {p.hint}".strip() for p in self.problems))


class SendError(Exception):
    """The outside refused a message; `permanent` tells whether a retry can help."""

    def __init__(self, text: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(text)
