"""The worker of one queue; it reads JSON only, so that nothing planted in Redis can run."""

from typing import Any

from rq import Worker
from rq.serializers import JSONSerializer


class QueueWorker(Worker):
    """Named in settings.RQ, so that the stock command `rqworker <queue>` uses it."""

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(queues, list) and len(queues) > 1:
            raise ValueError("One queue per worker: with several, a worker killed at the wrong moment loses a job.")
        kwargs["serializer"] = JSONSerializer
        super().__init__(queues, *args, **kwargs)
