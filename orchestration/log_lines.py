"""One log record, one line: what users typed cannot start a line of its own."""

import logging
import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class LineFormatter(logging.Formatter):
    """Time, level, logger and message; control characters are escaped, tracebacks stay readable."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record).replace("\n", "\\n").replace("\t", "\\t")
        return CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), line)
