"""Forms with a file: read as strictly as those without, and only where one is asked for."""

from __future__ import annotations

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.routes import uploads
from oauthsrv.routes.forms import MAX_BYTES

BOUNDARY = "a-boundary"


def part(name: str, content: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"--a-boundary\r\n" + part + b"\r\n" for part in parts) + b"--a-boundary--\r\n"


def csrf_of(browser: Browser) -> bytes:
    return str(play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value).encode()


def post(
    browser: Browser, body: bytes, path: str = "/developer/apps", boundary: str = f"; boundary={BOUNDARY}"
) -> TestResponse:
    """The bytes as they are; WebTest's own `post` writes a multipart body again."""
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    return browser.request(path, method="POST", body=body, headers=headers)


def test_fields_are_read_in_their_order_as_utf_8() -> None:
    typed, file = uploads.multipart_form(
        multipart(part("name", "Zäp\r\n☃".encode()), part("scopes", b"a"), part("scopes", b"b"), part("empty", b"")),
        BOUNDARY,
    )
    assert typed.pairs == (("name", "Zäp\r\n☃"), ("scopes", "a"), ("scopes", "b"), ("empty", ""))
    assert file == b""


def test_no_chosen_file_leaves_the_one_that_the_form_carried_before() -> None:
    none_chosen = part("logo", b"", '; filename=""')
    for before, kept in ((part("logo", b"kept"),), (("logo", "kept"),)), ((), ()):
        typed, file = uploads.multipart_form(multipart(*before, none_chosen), BOUNDARY)
        assert (typed.pairs, file) == (kept, b"")


def test_a_chosen_file_replaces_the_one_that_the_form_carried_before() -> None:
    chosen = part("logo", b"no picture", '; filename="logo.png"\r\nContent-Type: image/png')
    typed, file = uploads.multipart_form(multipart(part("logo", b"kept"), chosen, part("name", b"Zap")), BOUNDARY)
    assert (typed.pairs, file) == ((("name", "Zap"),), b"no picture")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"--a-boundary",
        b"--a-boundary\r\n\r\n",
        multipart(part("name", b"x"))[:-10],
        multipart(b"\r\n\r\nno head"),
        multipart(b"Content-Type: text/plain\r\n\r\nno name"),
        multipart(part("", b"no name")),
        multipart(part("name", b"\xff")),
        multipart(part("name", b"\0")),
        multipart(part("na\0me", b"x")),
        multipart(part("name", b"a"), part("name", b"b")),
        multipart(part("name", b"a", '; filename="a.txt"')),
        multipart(part("logo", b"a", '; filename="a"'), part("logo", b"b", '; filename="b"')),
        multipart(*(part(f"f{number}", b"x") for number in range(200))),
        multipart(b"X: " + b"x" * 9000 + b"\r\n" + part("name", b"x")),
        multipart(b"X: y\r\n" * 50 + part("name", b"x")),
        multipart(b'Content-Disposition: form-data; name="\xff"\r\n\r\nx'),
        multipart(b"Content-Disposition: attachment\r\n\r\nx"),
    ],
)
def test_rule_12_hostile_parts_get_a_400(browser: Browser, ada: make.User, body: bytes) -> None:
    assert post(browser, body).status_int == 400


@pytest.mark.parametrize(
    "boundary", ["", ";", "; boundary", "; boundary=", "; boundary=other", '; boundary="', "; x=y"]
)
def test_rule_12_so_does_a_boundary_that_is_none(browser: Browser, ada: make.User, boundary: str) -> None:
    body = multipart(part("csrf", csrf_of(browser)))
    assert post(browser, body, boundary=boundary).status_int == 400


def test_rule_12_too_much_gets_a_413(browser: Browser, ada: make.User) -> None:
    csrf = part("csrf", csrf_of(browser))
    assert post(browser, multipart(csrf, part("description", b"x" * MAX_BYTES))).status_int == 413
    assert post(browser, multipart(csrf, part("x", b"y" * uploads.MAX_BYTES))).status_int == 413


def test_a_form_that_asks_for_no_file_takes_none(browser: Browser, ada: make.User) -> None:
    body = multipart(part("csrf", csrf_of(browser)), part("name", b"Ada"))
    for path in ("/account/profile", "/logout", "/oauth/authorize", "/developer/apps/x/danger"):
        assert post(browser, body, path).status_int in (415, 404, 405), path


def test_a_signed_out_users_file_is_not_looked_at(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "multipart_form", lambda *_: pytest.fail("it was read"))
    assert post(browser, multipart(part("csrf", b"x"))).status_int == 403
    assert post(browser.another(), multipart(part("csrf", b"x")), "/login").status_int == 415
