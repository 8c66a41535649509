"""What can go wrong while running; every text says what to do next."""


class RunError(Exception):
    """A verb on a run was refused."""


class SendError(Exception):
    """The outside refused a message; `permanent` tells whether a retry can help."""

    def __init__(self, text: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(text)
