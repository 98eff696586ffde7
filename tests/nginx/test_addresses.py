"""However an address is spelled: what was checked is what the API gets, and a narrower rule cannot be walked around."""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import bottle
import pytest

from end_to_end.node import Node
from nginx.conftest import Echo, Site, node_api

SECRET = "the bill of everybody"
WIDE = ("--rule", "* /api/billing read:billing", "--rule", "* /api read:data")

EXPRESS = """
const express = require('express')
const app = express()
const billing = (request, response) => response.send('the bill of everybody')
app.use('/api/billing', billing)
app.get(['/api/billing.json', '/api/billing.csv'], billing)
app.use((request, response) => response.json({ path: request.path, url: request.url }))
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
"""

# Each is billing to some program: by case, by decoding, by resolving, by trimming, by a suffix.
SPELLINGS = (
    "/api/billing",
    "/api/billing/",
    "/api/Billing",
    "/api/BILLING",
    "/api/billing/2024",
    "/api/billing;a=1",
    "/api/billing;",
    "/api/billing;/x",
    "/api/;/billing",
    "/api;/billing",
    "/api/billing%3b",
    "/api/billing%3Ba=1",
    "/api/billing.json",
    "/api/billing.JSON",
    "/api/Billing.csv",
    "/api/billing.",
    "/api/billing..",
    "/api/billing./",
    "/api/billing%2e",
    "/api/billing%2ejson",
    "/api/billing%20",
    "/api/billing%20/",
    "/api/%20billing",
    "/api/billing+",
    "/api/billing:export",
    "/api/billing(1)",
    "/api/billing,1",
    "/api/billing~",
    "/api/billing%00",
    "/api/billing%00.png",
    "/api/billing%0a",
    "/api/billing%0d%0a",
    "/api/billing%09",
    "/api/billing%7f",
    "/api/billing%ff",
    "/api/billing%c0%af",
    "/api/%e0%80%afbilling",
    "/api/billing%ed%a0%80",
    "/api/billing%f8%88%80%80%80",
    "/api/billing%c3",
    "/api/billing\xff",
    "/api/billing%e2%80%8b",
    "/api/billing%c2%a0",
    "/api/billing%",
    "/api/billing%2",
    "/api/billing%zz",
    "/api/billing%25",
    "/api/billing%253b",
    "/api/%2562illing",
    "/api/%62illing",
    "/api/b%69lling",
    "/api/%42illing",
    "/api//billing",
    "//api/billing",
    "/api///billing//",
    "/api/./billing",
    "/api/.%2fbilling",
    "/api/data/../billing",
    "/api/data/%2e%2e/billing",
    "/api/data/.%2e/billing",
    "/api/data/..%2fbilling",
    "/api/data%2f..%2fbilling",
    "/api/data/..%5cbilling",
    "/api/data/..\\billing",
    "/api\\billing",
    "/api/%5cbilling",
    "/api/%2fbilling",
    "/api/%2Fbilling",
    "/api%2fbilling",
    "/api/billing%2f",
    "/api/billing%5c",
    "/api/billing%23",
    "/api/billing%3fx",
    "/api/billing#x",
    "/api/billing?x=/../data",
    "/api/data/..;/billing",
    "/api/data/..;x/billing",
    "/x/../api/billing",
    "/api/billing/../billing",
)


@pytest.fixture(scope="module")
def express(node: Node) -> Iterator[str]:
    """A stock Express, as npm installs it."""
    with node_api(node, EXPRESS) as origin:
        yield origin


@pytest.fixture(scope="module")
def bottle_api() -> Iterator[str]:
    app = bottle.Bottle(strict=False)

    @app.route("/<path:path>", method="ANY")
    def anything(path: str) -> str:
        # As forgiving as an application can be.
        name = re.split(r"[;.,:(?#~+\s\0]|%00", path.lower().strip("/ ").replace("\\", "/"), maxsplit=1)[0]
        return SECRET if name.endswith("api/billing") or "/billing" in name else json.dumps(path)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def reader(site: Site) -> str:
    return site.tokens("read:data").access_token


@pytest.fixture(scope="module")
def payer(site: Site) -> str:
    return site.tokens("read:data read:billing").access_token


def raw(origin: str, method: str, path: str, token: str) -> tuple[int, str]:
    """A request to the letter, which no library puts right."""
    host, _, port = origin.removeprefix("http://").partition(":")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Authorization: Bearer {token}", "Connection: close"]
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return int(answer.split()[1]), answer.decode("latin-1")


def check_no_spelling_gets_through(origin: str, reader: str) -> None:
    leaked = {}
    for path in SPELLINGS:
        for method in ("GET", "HEAD", "POST"):
            status, answer = raw(origin, method, path, reader)
            if SECRET in answer or status not in (400, 401, 403, 404, 405):
                leaked[method, path] = answer.partition("\r\n\r\n")[2][:80]
    assert leaked == {}


def test_no_spelling_of_an_address_gets_past_its_rule_to_express(
    site: Site, express: str, reader: str, payer: str
) -> None:
    with site.beside("express", "--api", express, *WIDE) as origin:
        assert SECRET in raw(origin, "GET", "/api/Billing.json", payer)[1], "Express itself ignores case"
        assert raw(origin, "GET", "/api/data", reader)[0] == 200
        check_no_spelling_gets_through(origin, reader)


def test_no_spelling_of_an_address_gets_past_its_rule_to_bottle(
    site: Site, bottle_api: str, reader: str, payer: str
) -> None:
    with site.beside("bottle", "--api", bottle_api, *WIDE) as origin:
        assert SECRET in raw(origin, "GET", "/api/billing:export", payer)[1]
        assert raw(origin, "GET", "/api/data", reader)[0] == 200
        check_no_spelling_gets_through(origin, reader)


def test_nor_does_what_chance_writes_into_one(site: Site, express: str, reader: str) -> None:
    chance = random.Random(21)
    pieces = [
        *"/;\\.+,:~(?#*@!'&=$-_x",
        "//",
        "..",
        ".json",
        "%2f",
        "%5c",
        "%3b",
        "%2e",
        "%00",
        "%20",
        "%09",
        "%0a",
        "%7f",
    ]
    pieces += [
        "%25",
        "%252f",
        "%c0%af",
        "%ff",
        "%e2%80%8b",
        "%c2%a0",
        "%ef%bc%8f",
        "%62",
        "%42ILLING",
        "api",
        "Billing",
    ]
    leaked = {}
    with site.beside("chance", "--api", express, *WIDE) as origin:
        for _ in range(500):
            path = chance.choice(["/api/billing", "/api/data/billing", "/api/", "/", "/api/data/../billing"])
            for _ in range(chance.randint(1, 4)):
                at = chance.randint(1, len(path))
                path = path[:at] + chance.choice(pieces) + path[at:]
            status, answer = raw(origin, "GET", path, reader)
            if SECRET in answer or status >= 500:
                leaked[path] = status
    assert leaked == {}


def test_an_api_on_a_host_of_its_own_is_guarded_from_its_root(
    site: Site, express: str, reader: str, payer: str
) -> None:
    rules = ("--rule", "* /api/billing read:billing", "--rule", "* / read:data")
    with site.beside("own-host", "--api", express, "--api-host", "api.localhost", *rules) as origin:
        port = origin.rpartition(":")[2]
        at_api = {"Host": f"api.localhost:{port}"}
        for path, token, status in (
            ("/api/billing", reader, 403),
            ("/api/billing", payer, 200),
            ("/anything", reader, 200),
            ("/login", None, 401),
            ("/_oauth/check", reader, 404),
        ):
            assert site.call(path, token, headers=at_api, origin=origin).status_code == status, path
        assert site.call("/api/billing", payer, origin=origin).status_code == 404, "sign-in's host has no API"
        assert site.call("/login", origin=origin).status_code == 200


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("/api/data/caf%C3%A9", "/api/data/caf%C3%A9"),
        ("/api/data/a%20b", "/api/data/a%20b"),
        ("/api/data/100%25", "/api/data/100%25"),
        ("/api/data/file.tar.gz", "/api/data/file.tar.gz"),
        ("/api/data/%E2%82%AC%F0%9F%98%80", "/api/data/%E2%82%AC%F0%9F%98%80"),
        ("/api/data/%7Eada/%40me", "/api/data/~ada/@me"),
        ("/api/data/.hidden", "/api/data/.hidden"),
        ("/api/data/a%3Fb%23c", "/api/data/a%3Fb%23c"),
        ("/api/data?next=/../x;y%2f%00//", "/api/data?next=/../x;y%2f%00//"),
        ("/api/DATA/Ab", "/api/DATA/Ab"),
    ],
)
def test_an_ordinary_address_arrives_as_it_was_meant(
    site: Site, echo: Echo, reader: str, path: str, arrives: str
) -> None:
    answer = raw_through_tls(site, path, reader)
    assert answer["path"] == arrives


def raw_through_tls(site: Site, path: str, token: str) -> dict[str, str]:
    answer = subprocess.run(
        [
            *("curl", "-s", "--path-as-is", "--cacert", str(site.certificate)),
            *("-H", f"Authorization: Bearer {token}", site.origin + path),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    got: dict[str, str] = json.loads(answer.stdout)
    return got


def test_a_rule_outside_ascii_holds_in_both_cases(site: Site, echo: Echo, reader: str) -> None:
    rules = ("--rule", "* /api/zürich read:billing", "--rule", "* /api read:data")
    with site.beside("zurich", "--api", echo.origin, *rules) as origin:
        for path in ("/api/z%C3%BCrich", "/api/Z%C3%9CRICH", "/api/z%c3%bcrich/x"):
            assert raw(origin, "GET", path, reader)[0] == 403, path
        assert raw(origin, "GET", "/api/zurich", reader)[0] == 200


def test_a_long_address_is_read_to_its_end(site: Site, reader: str) -> None:
    assert site.call("/api/data/" + "a" * 8000, reader).status_code == 200
    assert site.call("/api/data/" + "%C3%A9" * 1300, reader).status_code == 200
    assert site.call("/api/data/" + "a" * 8000 + "%ff", reader).status_code == 400
