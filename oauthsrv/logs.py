"""Logging: one line per event, to stderr; paths, but never queries."""

import logging
import re
import sys

from oauthsrv.request_ids import current_request_id

LEVEL = logging.INFO

# In case a call breaks the rule that queries are never logged: a log file must not contain a token.
QUERY = re.compile(r"""(?<=[\w/.])\?[^\s"'<>=?]*=[^\s"'<>]*""")
SECRET = re.compile(r"\b(oat|ort|oac|sec)_[A-Za-z0-9._~-]{8,}")


class OneLine(logging.Formatter):
    """Joins the lines of tracebacks, and line breaks in a client's text, so that no one can forge a second event.

    Unprintable characters are replaced, as a terminal would obey them. A line logged by a request ends with its id.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = " | ".join(line.strip() for line in super().format(record).splitlines() if line.strip())
        if not text.isprintable():
            text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
        text = SECRET.sub(r"\1_…", QUERY.sub("?…", text))
        return f"{text} [{current_request_id()}]" if current_request_id() else text


def configure() -> None:
    """Send every logger of this process to stderr; calling it again changes nothing."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVEL)
    # It logs a line for each request that finds all threads busy, which costs more than the request.
    logging.getLogger("waitress.queue").disabled = True
