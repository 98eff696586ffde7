"""What clients name is fetched without reaching anything but the public Internet, and costs little whatever it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from held import eventually
from hosts import PUBLIC, Host, host, response
from oauthsrv import deadline, fetching
from oauthsrv.fetching import Fetched, Fetcher, FetchFailed, check_url
from oauthsrv.oauth.uris import UriRefused

URL = "https://documents.example/client.json"


@pytest.fixture
def there() -> Iterator[Host]:
    with host() as made:
        yield made


@pytest.fixture
def fetcher(there: Host) -> Fetcher:
    made = Fetcher(allow_loopback=False)
    there.connect(made)
    return made


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds pass quickly."""
    monkeypatch.setattr(fetching, "SECONDS", 0.4)


def fails(fetcher: Fetcher, url: str = URL) -> str:
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch_now(url)
    return f"{failed.value} {failed.value.detail}"


def test_json_is_fetched_from_the_address_that_was_checked_by_tls_for_the_name(there: Host, fetcher: Fetcher) -> None:
    there.serve("/client.json?a=1", {"client_id": URL})
    assert fetcher.fetch_now(f"{URL}?a=1").value == {"client_id": URL}
    assert there.connected_to == [(PUBLIC, 443)]
    (request,) = there.requests
    assert request.startswith("GET /client.json?a=1 HTTP/1.1\r\nHost: documents.example\r\n")
    assert "Accept-Encoding: identity" in request
    assert "Cookie" not in request


def test_a_certificate_for_another_name_is_refused(there: Host, fetcher: Fetcher) -> None:
    there.serve("/client.json", {})
    assert "CERTIFICATE_VERIFY_FAILED" in fails(fetcher, "https://other.example/client.json")


def test_a_certificate_of_nobody_known_is_refused(there: Host) -> None:
    fetcher = Fetcher(allow_loopback=False)
    fetcher.resolve, fetcher.connect = there.resolve, there.accept
    assert "CERTIFICATE_VERIFY_FAILED" in fails(fetcher)


# Addresses


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_one_address_that_is_not_public_refuses_the_name(there: Host, fetcher: Fetcher, address: str) -> None:
    there.serve("/client.json", {})
    there.addresses = [PUBLIC, address]
    assert "resolves to" in fails(fetcher)
    assert there.connected_to == []


def test_a_name_that_resolves_differently_the_second_time_is_asked_once(there: Host, fetcher: Fetcher) -> None:
    there.serve("/client.json", {})
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    fetcher.resolve = lambda name, port: next(answers)
    fetcher.fetch_now(URL)
    assert there.connected_to == [(PUBLIC, 443)]
    assert "resolves to 127.0.0.1" in fails(fetcher)
    assert there.connected_to == [(PUBLIC, 443)]


def test_why_a_server_was_not_reached_is_only_logged(there: Host, fetcher: Fetcher) -> None:
    there.addresses = ["10.0.0.1"]
    with pytest.raises(FetchFailed) as private:
        fetcher.fetch_now(URL)
    there.addresses = []
    with pytest.raises(FetchFailed) as unknown:
        fetcher.fetch_now(URL)
    assert str(private.value) == str(unknown.value)
    assert private.value.detail != unknown.value.detail


@pytest.mark.parametrize(
    "url",
    [
        *("http://documents.example/client.json", "https://documents.example:8443/client.json", "ftp://a.example/b"),
        *("https://user@documents.example/", "https://documents.example/a#b", "https://documents.example/../b"),
        *("http://127.0.0.1/", "http://localhost:8000/client.json", "https://127.1/", "https:///client.json"),
        *("https://documents.example/a b", "https://documents.example\\@other.example/", "file:///etc/passwd"),
    ],
)
def test_only_https_on_port_443_is_fetched(url: str) -> None:
    with pytest.raises(UriRefused):
        check_url(url)
    with pytest.raises(FetchFailed):
        Fetcher(allow_loopback=False).fetch_now(url)


def test_a_server_on_loopback_fetches_from_loopback_and_nowhere_else_by_http() -> None:
    with host(secure=False) as there:
        url = there.serve("/client.json", {"name": "local"})
        assert Fetcher(allow_loopback=True).fetch_now(url).value == {"name": "local"}
        assert "https" in fails(Fetcher(allow_loopback=False), url)
        fetcher = Fetcher(allow_loopback=True)
        fetcher.resolve = lambda name, port: ["10.0.0.1"]
        assert "resolves to" in fails(fetcher, url)
    for other in ("http://documents.example/", "http://10.0.0.1/", "https://127.0.0.1:8443/"):
        with pytest.raises(UriRefused):
            check_url(other, allow_loopback=True)
    assert "resolves to 127.0.0.1" in fails(Fetcher(allow_loopback=True), "https://127.0.0.1/client.json")


# Answers


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(there: Host, fetcher: Fetcher, status: str) -> None:
    there.serve("/client.json", {}, "Location: http://169.254.169.254/latest/meta-data/", status=status)
    assert f"status {status[:3]}" in fails(fetcher)
    assert len(there.connected_to) == 1


@pytest.mark.parametrize("status", ["201 Created", "204 No Content", "206 Partial", "404 Not Found", "500 Error"])
def test_every_status_but_200_is_an_error(there: Host, fetcher: Fetcher, status: str) -> None:
    there.serve("/client.json", {}, status=status)
    assert f"status {status[:3]}" in fails(fetcher)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response(b"{}", kind="text/html"), "Content-Type"),
        (response(b"{}", "Content-Encoding: gzip"), "compresses"),
        (response(b"{'single': 'quotes'}"), "valid JSON"),
        (response(b'{"a": NaN}'), "valid JSON"),
        (response(b'{"a": "\xff"}'), "valid JSON"),
        (response(b""), "valid JSON"),
        (response(rb'{"a": "\u0000"}'), "NUL"),
        (response(b"[" * 9 + b"]" * 9), "levels deep"),
        (response(b'{"a":' * 9 + b"1" + b"}" * 9), "levels deep"),
        (response(b"[" * 10_000), "valid JSON"),
        (response(b'"' + b"a" * 10 * 1024 + b'"'), "larger than 10 KiB"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 11_000, "larger than 10 KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Long: a\r\n" * 99 + b"X: " + b"a" * 60_000 + b"\r\n\r\n{}", "10 KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Many: a\r\n" * 200 + b"\r\n{}", "reached"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, "10 KiB"),
        (b"garbage\r\n\r\n", "reached"),
        (b"", "reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", "valid JSON"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}",
            "reached",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_small_json_is_refused(there: Host, fetcher: Fetcher, answer: bytes, reason: str) -> None:
    there.answers["/client.json"] = answer
    assert reason in fails(fetcher)


def test_eight_levels_and_ten_kib_are_accepted(there: Host, fetcher: Fetcher) -> None:
    there.answers["/client.json"] = response(b"[" * 8 + b"]" * 8)
    fetcher.fetch_now(URL)
    there.answers["/client.json"] = response(b'"' + b"a" * (10 * 1024 - 2) + b'"', kind="application/jwk-set+json")
    assert len(fetcher.fetch_now(URL).value) == 10 * 1024 - 2


def test_ten_mebibytes_are_not_read(there: Host, fetcher: Fetcher) -> None:
    sent: list[int] = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while len(sent) < 160:
            connection.sendall(b"1," * 32 * 1024)
            sent.append(1)

    there.answers["/client.json"] = endless
    assert "larger than 10 KiB" in fails(fetcher)
    assert len(sent) < 160
    there.answers["/client.json"] = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n"
    )
    assert "larger than 10 KiB" in fails(fetcher)


# Time


def drip(text: bytes, seconds: float) -> Callable[[socket.socket], None]:
    def handler(connection: socket.socket) -> None:
        for byte in text * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(seconds)  # a host that is slow

    return handler


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 200 OK\r\n", 0.02),
        drip(b"a", 0.02),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
        lambda connection: connection.recv(1),
    ],
)
def test_an_answer_that_comes_slowly_ends_after_the_time_in_all(there: Host, fetcher: Fetcher, answer: Any) -> None:
    there.answers["/client.json"] = answer
    began = time.monotonic()
    fails(fetcher)
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("hurried")
def test_a_body_that_never_ends_and_stays_small_ends_after_the_time(there: Host, fetcher: Fetcher) -> None:
    def handler(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        drip(b" ", 0.02)(connection)

    there.answers["/client.json"] = handler
    assert "reached" in fails(fetcher)


@pytest.mark.usefixtures("hurried")
def test_a_resolver_that_hangs_holds_nobody(there: Host, fetcher: Fetcher) -> None:
    answer = threading.Event()
    fetcher.resolve = lambda name, port: [PUBLIC] if answer.wait(30) else []
    assert "not resolved in time" in fails(fetcher)
    answer.set()


@pytest.mark.usefixtures("hurried")
def test_a_host_that_never_shakes_hands_holds_nobody(there: Host, fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetcher.connect = lambda address, port, seconds: socket.create_connection(silent.getsockname(), seconds)
        assert "reached" in fails(fetcher)


def test_the_next_address_is_tried_where_one_does_not_answer(there: Host, fetcher: Fetcher) -> None:
    there.serve("/client.json", {"found": True})
    there.addresses = ["2606:4700::1111", PUBLIC]

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        if ":" in address:
            raise OSError("no route")
        return there.accept(address, port, seconds)

    fetcher.connect = connect
    assert fetcher.fetch_now(URL).value == {"found": True}


# At the same time


def value_of(fetched: Fetched) -> Any:
    return fetched.value


def held(there: Host, path: str) -> tuple[str, threading.Event]:
    """A URL whose answer waits."""
    go = threading.Event()

    def handler(connection: socket.socket) -> None:
        go.wait(20)
        connection.sendall(response({"path": path}))

    there.answers[path] = handler
    return there.origin + path, go


def test_two_are_fetched_at_a_time(there: Host, fetcher: Fetcher) -> None:
    urls = [held(there, f"/{number}.json") for number in range(3)]
    results: list[Any] = []
    threads = [threading.Thread(target=lambda url=url: results.append(fetcher.fetch(url, value_of))) for url, _ in urls]
    for thread in threads[:2]:
        thread.start()
    eventually(lambda: len(there.requests) == 2)
    threads[2].start()
    eventually(lambda: fetcher.is_fetching(urls[2][0]))
    assert len(there.connected_to) == 2
    for _, go in urls:
        go.set()
    for thread in threads:
        thread.join(20)
    assert {result["path"] for result in results} == {"/0.json", "/1.json", "/2.json"}


@pytest.mark.usefixtures("hurried")
def test_who_gets_no_slot_in_time_is_refused(there: Host, fetcher: Fetcher) -> None:
    for _ in range(fetching.AT_ONCE):
        fetcher._slots.acquire()
    assert "too much else" in fails(fetcher)


def test_all_who_need_the_same_url_wait_for_one_fetch(there: Host, fetcher: Fetcher) -> None:
    url, go = held(there, "/one.json")
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(fetcher.fetch(url, value_of))) for _ in range(5)]
    for thread in threads:
        thread.start()
    eventually(lambda: there.requests)
    go.set()
    for thread in threads:
        thread.join(20)
    assert results == [{"path": "/one.json"}] * 5 or there.count("/one.json") < 5
    assert not fetcher.is_fetching(url)


def test_rule_8_a_request_waits_for_a_fetch_until_its_deadline_and_the_fetch_goes_on(
    there: Host, fetcher: Fetcher
) -> None:
    url, go = held(there, "/slow.json")
    kept: list[Any] = []
    with deadline.within(0.3), pytest.raises(FetchFailed, match="being loaded"):
        fetcher.fetch(url, lambda fetched: kept.append(fetched.value))
    go.set()
    eventually(lambda: kept == [{"path": "/slow.json"}])


def test_what_is_made_of_it_may_refuse_it(there: Host, fetcher: Fetcher) -> None:
    url = there.serve("/client.json", {})

    def refuse(_fetched: Fetched) -> None:
        raise ValueError("not like this")

    with pytest.raises(ValueError, match="not like this"):
        fetcher.fetch(url, refuse)
    assert not fetcher.is_fetching(url)


# Freshness


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], 3600),
        (["Cache-Control: max-age=600"], 600),
        (["Cache-Control: public, max-age=1"], 300),
        (["Cache-Control: max-age=99999999999999999999"], 86400),
        (["Cache-Control: max-age=100, s-maxage=900"], 900),
        (["Cache-Control: max-age=900", "Age: 200"], 700),
        (["Cache-Control: no-store"], 300),
        (["Cache-Control: no-cache, max-age=5000"], 300),
        (["Cache-Control: max-age=potato"], 3600),
        (["Cache-Control: max-age=-1"], 3600),
    ],
)
def test_cache_headers_count_between_five_minutes_and_a_day(
    there: Host, fetcher: Fetcher, headers: list[str], seconds: int
) -> None:
    there.serve("/client.json", {}, *headers)
    assert fetcher.fetch_now(URL).fresh_seconds == seconds
