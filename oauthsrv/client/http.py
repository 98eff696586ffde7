"""One request and its answer, under one time limit."""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from oauthsrv import __version__
from oauthsrv.client.names import is_loopback
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import plain

T = TypeVar("T")

MOST_BYTES = 1 << 20
# Two of them fit into the grace time for repeating a refresh (30 seconds here).
HTTP_SECONDS = 10.0
NAME = f"oauthsrv-client/{__version__}"


@dataclass(frozen=True)
class ServerResponse:
    url: str
    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: str = ""

    def values(self) -> Any:
        """The content of its JSON, or of a form such as GitHub sends; None for anything else."""
        try:
            text = self.body.decode("utf-8")
            if self.content_type == "application/x-www-form-urlencoded" and not text.lstrip().startswith("{"):
                return dict(parse_qsl(text, keep_blank_values=True))
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    @property
    def wait(self) -> float | None:
        """The seconds after which to retry if the server is busy or broken, 0 if it did not say; else None."""
        if self.status != 429 and self.status < 500:
            return None
        return float(self.retry_after) if self.retry_after.isdecimal() and len(self.retry_after) < 8 else 0.0


def send(
    method: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    basic: tuple[str, str] | None = None,
    bearer: str | None = None,
    seconds: float = HTTP_SECONDS,
) -> ServerResponse:
    """Send `form`, or `body` as JSON. Redirects are not followed, as they would carry credentials elsewhere.

    Raises Trouble with NETWORK_ERROR if there is no answer within `seconds`.
    """
    import requests  # slow to import, so only commands that send requests do it

    headers = {"Accept": "application/json", "User-Agent": NAME}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    # Without `auth`, credentials from ~/.netrc would be sent.
    options = {"data": form, "json": body, "headers": headers, "auth": basic or (lambda request: request)}
    host = urlsplit(url).netloc
    try:
        return finish_within(seconds, lambda: send_once(method, url, timeout=seconds, **options))
    except (TimeoutError, requests.Timeout):
        raise Trouble(f"{host} did not answer within {seconds:g} seconds.", ErrorCode.NETWORK_ERROR) from None
    # Names that cannot be encoded, certificates that cannot be read: each layer has its own errors.
    except (requests.RequestException, OSError, ValueError) as error:
        raise Trouble(f"{host} cannot be reached: {cause(error)}.", ErrorCode.NETWORK_ERROR) from None


def send_once(method: str, url: str, **options: Any) -> ServerResponse:
    import requests

    with requests.Session() as session:
        # Requests to this machine must not go through a proxy.
        session.trust_env = not is_loopback(urlsplit(url).hostname)
        with session.request(method, url, allow_redirects=False, stream=True, **options) as response:
            content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            retry_after = response.headers.get("Retry-After", "").strip()
            return ServerResponse(url, response.status_code, content_type, limited(response), retry_after)


def limited(response: Any) -> bytes:
    body = b""
    for part in response.iter_content(1 << 14):
        body += part
        if len(body) > MOST_BYTES:
            raise ConnectionError("its answer never ends")
    return body


def finish_within(seconds: float, do: Callable[[], T]) -> T:
    """Raise TimeoutError after `seconds` in total, as a socket's own timeout restarts with every byte."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)


def cause(error: BaseException) -> str:
    """The operating system's message, from among the nested errors."""
    inner: BaseException | None = error
    while inner is not None:
        if type(inner).__module__ in ("builtins", "socket", "ssl") and getattr(inner, "strerror", None):
            return plain(inner.strerror)  # type: ignore[attr-defined]
        inner = inner.__cause__ or inner.__context__
    return plain(error)
