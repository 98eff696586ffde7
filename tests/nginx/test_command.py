"""`run.py nginx`: what it prints in every combination of its options, and what it refuses with the reason."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from end_to_end.running import free_port
from nginx.conftest import certificate
from oauthsrv.__main__ import main
from oauthsrv.routes import MAP
from oauthsrv.routes.authorize import oauth_page
from oauthsrv.routes.guards import oauth_json
from oauthsrv.routes.page_guards import page, signed_in


class Printed(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    made, key = certificate(tmp_path_factory.mktemp("tls"))
    return "--certificate", str(made), "--key", str(key)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ISSUER", "LISTEN", "TRUSTED_PROXIES", "DATA_DIR"):
        monkeypatch.delenv(f"OAUTHSRV_{name}", raising=False)


def printed(*options: str, **settings: str) -> Printed:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in settings.items():
            patch.setenv(name, value)
        code = main(["nginx", *options])
    return Printed(code, out.getvalue(), err.getvalue())


def check(text: str, tmp_path: Path) -> None:
    """As nginx itself sees it, which binds the ports too: here others than 80 and 443, which may be taken."""
    ports = {port: str(free_port()) for port in re.findall(r"^ *listen .*?([0-9]+)(?: ssl)?;", text, re.MULTILINE)}
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        re.sub(
            r"^( *listen .*?)([0-9]+)((?: ssl)?;)",
            lambda found: found[1] + ports[found[2]] + found[3],
            text,
            flags=re.MULTILINE,
        )
    )
    tried = subprocess.run(
        ["nginx", "-t", "-c", str(configuration), "-g", f"pid {tmp_path}/pid;"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr


HTTPS = {"OAUTHSRV_ISSUER": "https://login.example.com"}
SITES = {
    "defaults": ((), {}),
    "loopback": ((), {"OAUTHSRV_ISSUER": "http://127.0.0.1:8123"}),
    "loopback by IPv6": ((), {"OAUTHSRV_ISSUER": "http://[::1]:8123", "OAUTHSRV_LISTEN": "[::1]:8000"}),
    "https": (("files",), HTTPS),
    "https elsewhere": (
        ("files",),
        {"OAUTHSRV_ISSUER": "https://login.example.com:8443", "OAUTHSRV_LISTEN": "0.0.0.0:8000"},
    ),
    "tls before it": (("--tls-elsewhere",), HTTPS),
    "tls before it, at": (("--tls-elsewhere", "10.0.0.7, fd00::/8"), HTTPS),
}
OPTIONS = {
    "api": (("--api", "http://127.0.0.1:9000"), ("--api", "http://[::1]:9000/")),
    "resource": ((), ("--resource", "https://api.example.com/v1?x=1")),
    "origins": ((), ("--origin", "https://app.example.com", "--origin", "http://localhost:5173"), ("--origin", "*")),
    "rules": ((), ("--rule", "GET,POST,HEAD /api/{}zürich.v1 read:data webhooks", "--rule", "* /api/open -")),
    "ipv6": ((), ("--no-ipv6",)),
    "host": ((), ("--api-host",)),
}


@pytest.mark.parametrize("site", SITES)
def test_what_is_printed_in_every_combination_is_understood_by_nginx(
    files: tuple[str, ...], tmp_path: Path, site: str
) -> None:
    tls, settings = SITES[site]
    tls = files if tls == ("files",) else tls
    for chosen in itertools.product(*OPTIONS.values()):
        options = [part.replace("{}", "") for some in chosen for part in some]
        if "--api-host" in options:
            loopback = not settings.get("OAUTHSRV_ISSUER", "").startswith("https")
            options.append("api.localhost" if loopback else "api.example.com")
        done = printed(*options, *tls, **settings)
        assert done.code == 0, done.err
        assert "None" not in done.out
        assert "${" not in done.out
        check(done.out, tmp_path)


@pytest.mark.parametrize(
    ("site", "listens"),
    [
        ("defaults", ["127.0.0.1:8080"]),
        ("loopback", ["127.0.0.1:8123"]),
        ("loopback by IPv6", ["[::1]:8123"]),
        ("https", ["443 ssl", "[::]:443 ssl", "80", "[::]:80"]),
        ("https elsewhere", ["8443 ssl", "[::]:8443 ssl"]),
        ("tls before it", ["80", "[::]:80"]),
    ],
)
def test_nginx_listens_at_the_issuers_address(files: tuple[str, ...], site: str, listens: list[str]) -> None:
    tls, settings = SITES[site]
    done = printed("--api", "http://127.0.0.1:9000", *(files if tls == ("files",) else tls), **settings)
    found = [line.strip() for line in done.out.splitlines() if line.strip().startswith("listen ")]
    assert found == [f"listen {one};" for one in listens]
    assert "OAUTHSRV_TRUSTED_PROXIES" in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--api", "127.0.0.1:9000"], "--api"),
        (["--api", "https://127.0.0.1:9000"], "--api"),
        (["--api", "http://127.0.0.1:9000/v1"], "--api"),
        (["--api", "http://a;b"], "--api"),
        (["--api", "http://api:9000", "--certificate", "/c.pem"], "--key"),
        (["--api", "http://api:9000", "--certificate", "/c.pem", "--key", "/k.pem"], "https://"),
        (["--api", "http://api:9000", "--tls-elsewhere"], "https://"),
        (["--api", "http://api:9000", "--resource", "api"], "--resource"),
        (["--api", "http://api:9000", "--api-host", "API.localhost"], "--api-host"),
        (["--api", "http://api:9000", "--api-host", "127.0.0.1"], "--api-host"),
        (["--api", "http://api:9000", "--api-host", "api.example.com"], "loopback"),
        (["--api", "http://api:9000", "--origin", "https://app.example/"], "--origin"),
        (["--api", "http://api:9000", "--origin", 'https://"'], "--origin"),
    ],
    ids=str,
)
def test_what_cannot_be_right_is_refused_with_the_reason(options: list[str], why: str) -> None:
    done = printed(*options)
    assert (done.code, done.out) == (1, "")
    assert why in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "--certificate"),
        (["--certificate", '/c".pem', "--key", "/k.pem"], "quote"),
        (["--certificate", "/c.pem", "--key", "/k.pem", "--tls-elsewhere"], "not both"),
        (["--tls-elsewhere", "0.0.0.0/0"], "every address"),
        (["--tls-elsewhere", "10.0.0.7; deny all"], "--tls-elsewhere"),
        (["--tls-elsewhere", "--api-host", "login.example.com"], "issuer's host"),
    ],
    ids=str,
)
def test_an_https_issuer_needs_to_know_where_tls_ends(options: list[str], why: str) -> None:
    done = printed("--api", "http://api:9000", *options, **HTTPS)
    assert (done.code, done.out) == (1, "")
    assert why in done.err


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (["GET /api/data"], "needs a method, a path and a scope"),
        (["GET api/data read:data"], "is not a path"),
        (["GET /api/* read:data"], "is not a path"),
        (["GET /api//data read:data"], "is not a path"),
        (['GET /api/"; read:data'], "is not a path"),
        (["GET|PUT /api/data read:data"], "methods"),
        (["GET /data read:data"], "below /api/"),
        (["GET /apis read:data"], "below /api/"),
        (['GET /api/data read:"data'], "is not a scope"),
        (["GET /api/data +apps"], "comes last, after the scopes"),
        (["GET /api/data +apps read:data"], "comes last, after the scopes"),
        (["GET /api/data - +apps"], "comes last, after the scopes"),
        (["GET /api read:data", "GET /api/billing read:billing"], "never applies"),
        (["* /api/Billing read:data", "PUT /api/billing read:billing"], "never applies"),
        (["GET /api/data read:data", "GET /api/data read:profile"], "never applies"),
    ],
    ids=str,
)
def test_a_rule_that_is_wrong_or_never_applies_is_refused(rules: list[str], why: str) -> None:
    done = printed("--api", "http://api:9000", *(part for rule in rules for part in ("--rule", rule)))
    assert (done.code, done.out) == (1, "")
    assert why in done.err


def test_without_rules_the_examples_are_printed_and_the_operator_hears_it() -> None:
    done = printed("--api", "http://api:9000")
    assert '"~*^GET /api/billing(?![\\w-])" "read:billing";' in done.out
    assert "--rule" in done.err
    own = printed("--api", "http://api:9000", "--rule", "GET /api read:data")
    assert "billing" not in own.out
    assert "--rule" not in own.err


# What the configuration says of the server's addresses is what the map of all URLs says


def regex_after(start: str, text: str) -> re.Pattern[str]:
    [found] = re.findall(rf"^ *{re.escape(start)}(\^.+?)\"? (?:\{{|\$oauth_sender;)$", text, re.MULTILINE)
    return re.compile(found)


def example(path: str) -> str:
    return re.sub("<[^>]+>", "x", path)


def test_every_form_that_costs_a_password_hash_before_sign_in_has_the_rate_of_sign_in() -> None:
    signing_in = regex_after('"~', printed("--api", "http://api:9000").out.partition("$oauth_signing_in {")[2])
    before = {
        path
        for method, path, guards, _ in MAP
        if method == "POST" and page in guards and not {signed_in, oauth_page} & set(guards) and path != "/logout"
    }
    assert {"/login", "/signup", "/reset"} <= before
    assert [path for path in before if not signing_in.match(f"POST {path}")] == []


def test_programs_are_answered_in_json_and_people_by_pages() -> None:
    protocol = regex_after("location ~ ", printed("--api", "http://api:9000").out)
    for _, path, guards, _ in MAP:
        if oauth_json in guards:
            assert protocol.match(example(path)), path
        if page in guards:
            assert not protocol.match(example(path)), path
