"""oauthsrv apps …, apis … and routes: what they print, what they refuse, and that a running server obeys at once."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

import make
import play
from browser import Browser
from oauthsrv import commands
from oauthsrv.__main__ import main
from oauthsrv.embedded import Databases
from oauthsrv.flows import catalog, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, registration_tokens, review
from oauthsrv.flows.clients.limits import LIMIT_MAX
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from registering import registered
from signing import Signer, is_accepted

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(found: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the databases of the tests: its exit code, and what it said on stdout and on stderr."""
    monkeypatch.setenv("DATABASE_URL", found.database_url)
    monkeypatch.setenv("OAUTHSRV_KEY", make.KEY)
    monkeypatch.setenv("REDIS_URL", found.redis_url)

    def run(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(argv)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


@pytest.fixture
def owner(server: Server) -> make.User:
    return make.user(server)


def add(owner: make.User, *more: str, name: str = "Example", type: str = "confidential") -> list[str]:
    return ["apps", "add", name, "--owner", owner.email, "--type", type, *more]


ONE = ("--redirect-uri", "https://app.example/cb", "--scope", "read:profile")


def test_an_app_is_added_and_json_is_all_there_is_on_stdout(run: Run, server: Server, owner: make.User) -> None:
    more = ("--redirect-uri", "http://127.0.0.1/cb", "--scope", "read:data", "--json")
    code, out, err = run(*add(owner, *ONE, *more, name="Ünïcode App"))
    assert (code, err) == (0, "")
    printed = json.loads(out)
    client = server.clients.find_client(printed["client_id"])
    assert client is not None
    assert client.secret_hashes == (digest(printed["client_secret"]),)
    assert client.approved
    assert (client.name, client.owner_id) == ("Ünïcode App", owner.user_id)
    assert client.redirect_uris == ("https://app.example/cb", "http://127.0.0.1/cb") == tuple(printed["redirect_uris"])
    assert client.scopes == ("read:profile", "read:data") == tuple(printed["scopes"])


def test_without_json_a_person_reads_the_same(run: Run, server: Server, owner: make.User) -> None:
    code, out, _ = run(*add(owner, *ONE))
    assert code == 0
    printed = dict(line.split() for line in out.splitlines() if line.startswith("client_"))
    client = server.clients.find_client(printed["client_id:"])
    assert client is not None
    assert client.secret_hashes == (digest(printed["client_secret:"]),)


def test_a_public_app_has_no_secret(run: Run, owner: make.User) -> None:
    _, out, _ = run(*add(owner, *ONE, "--json", type="public"))
    assert "client_secret" not in json.loads(out)
    assert "client_secret" not in run(*add(owner, *ONE, type="public"))[1]


def test_all_that_is_wrong_is_printed_in_one_line(run: Run, owner: make.User) -> None:
    wrong = ("--redirect-uri", "https://app.example/cb", "--redirect-uri", "http://app.example/cb", "--scope", "fly")
    code, out, err = run(*add(owner, *wrong, "--json", name="  "))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    for part in ("name:", "--redirect-uri 2, http://app.example/cb", "“fly”"):
        assert part in err


def test_a_deprecated_scope_is_refused(run: Run, server: Server, owner: make.User) -> None:
    catalog.deprecate(server, "webhooks", by=Actor())
    try:
        code, _, err = run(*add(owner, "--redirect-uri", "https://app.example/cb", "--scope", "webhooks"))
        assert code == 1
        assert "webhooks" in err
    finally:
        catalog.restore(server, "webhooks", by=Actor())


def test_a_redirect_uri_with_a_line_break_is_not_two(run: Run, owner: make.User) -> None:
    code, _, err = run(*add(owner, "--redirect-uri", "https://a.example/\nhttps://b.example/", "--scope", "read:data"))
    assert code == 1
    assert "control character" in err


@pytest.mark.parametrize("email", ["nobody@example.com", "\udcff@example.com", "", "a\nb"])
def test_an_unknown_owner_is_refused(run: Run, owner: make.User, email: str) -> None:
    code, _, err = run("apps", "add", "X", "--owner", email, "--type", "public", *ONE)
    assert code == 1
    assert "there is no user" in err


def test_a_disabled_owner_is_refused(run: Run, server: Server, owner: make.User) -> None:
    revocations.disable_user(server, owner.user_id, by=Actor())
    code, _, err = run(*add(owner, *ONE))
    assert code == 1
    assert "disabled" in err


def test_apps_are_listed(run: Run, server: Server, owner: make.User) -> None:
    name = "Listed " + secrets.token_hex(4)
    app = make.app(server, owner, name=name)
    review.suspend_client(server, app.client_id, by=Actor())
    code, out, _ = run("apps", "list")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.endswith(name)]
    grants = "authorization_code,refresh_token"
    assert line.split() == [app.client_id, "confidential", "suspended", "1000/h", grants, owner.email, *name.split()]


def test_rule_6_commands_are_in_force_when_they_return(run: Run, server: Server, browser: Browser) -> None:
    connection = play.tokens(server, browser)
    code, out, _ = run("apps", "suspend", connection.app.client_id)
    assert (code, out) == (0, "Suspended “Example App”: it can do nothing until it is reactivated.\n")
    assert play.refresh(browser, connection.app, connection.refresh_token).json["error"] == "unauthorized_client"
    assert run("apps", "suspend", connection.app.client_id)[0] == 0
    assert run("apps", "reactivate", connection.app.client_id)[0] == 0
    assert connection.is_active()
    assert run("apps", "end-tokens", connection.app.client_id)[0] == 0
    assert not connection.is_active()


def test_a_limit_is_set(run: Run, server: Server) -> None:
    app = make.app(server)
    code, out, _ = run("apps", "limit", app.client_id, "250")
    assert code == 0
    assert "250 calls per hour" in out
    assert f"{app.client_id}  confidential  active" in run("apps", "list")[1]
    assert run("apps", "limit", app.client_id, f"{LIMIT_MAX}")[0] == 0


@pytest.mark.parametrize("command", [["suspend"], ["reactivate"], ["end-tokens"], ["limit"]])
@pytest.mark.parametrize("client_id", ["cli_" + "0" * 32, "nonsense", "\udcff"])
def test_an_unknown_app_is_refused(run: Run, command: list[str], client_id: str) -> None:
    code, out, err = run("apps", *command, client_id, *(["5"] if command == ["limit"] else []))
    assert (code, out) == (1, "")
    assert "there is no app" in err


def test_what_is_only_recorded_is_refused_with_that(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make.app(server)
    monkeypatch.setattr(review, "client_changed", lambda *_: False)
    code, out, err = run("apps", "suspend", app.client_id)
    assert (code, out) == (1, "")
    assert "recorded, not yet in force" in err


def test_an_api_is_added_and_listed(run: Run, server: Server) -> None:
    resource = f"https://{secrets.token_hex(4)}.example"
    code, out, err = run("apis", "add", "Orders", "--resource", resource + "/", "--scope", "read:data", "--json")
    assert (code, err) == (0, "")
    printed = json.loads(out)
    api = server.clients.find(printed["client_id"])
    assert api is not None
    assert api.secret_hashes == (digest(printed["client_secret"]),)
    assert printed["resource"] == resource
    assert printed["scopes"] == ["read:data"]
    assert f"{printed['client_id']}  {resource}" in run("apis", "list")[1]
    code, _, err = run("apis", "add", "Again", "--resource", resource)
    assert code == 1
    assert "“Orders” has this address already" in err


def test_the_map_is_printed(run: Run) -> None:
    code, out, _ = run("routes")
    assert code == 0
    assert len(out.splitlines()) == len(MAP)
    (line,) = [line for line in out.splitlines() if line.startswith("POST") and "/apps/<client_id>/secrets " in line]
    assert line.endswith("  developer.secrets.add_secret")
    assert "  [page, signed_in, csrf, of_team, developed, confirmed]  " in line


def test_an_empty_list_says_how_to_register_the_first_app(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "every", lambda *_: iter(()))
    assert "no apps yet" in run("apps", "list")[1]


def test_no_secret_is_in_the_repr_of_what_carries_it() -> None:
    assert "sec_" not in repr(registration.Credentials("cli_1", "sec_1"))
    assert "sec_" not in repr(registration.NewSecret("sec_1", True))


def test_rule_14_an_address_of_this_server_is_refused_here_too(
    run: Run, owner: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHSRV_ISSUER", "https://login.example.com")
    code, _, err = run(*add(owner, "--redirect-uri", "https://login.example.com/cb", "--scope", "read:profile"))
    assert code != 0
    assert "an address of this server" in err


# Keys


def key_file(folder: Path, text: str) -> str:
    file = folder / "keys.json"
    file.write_text(text)
    return str(file)


def test_an_app_with_a_key_gets_no_secret(
    run: Run, server: Server, owner: make.User, browser: Browser, tmp_path: Path
) -> None:
    signer = Signer(server.settings.issuer)
    code, out, _ = run(*add(owner, *ONE, "--jwks", key_file(tmp_path, json.dumps(signer.jwk)), "--json"))
    assert code == 0
    printed = json.loads(out)
    assert "client_secret" not in printed
    assert is_accepted(browser, signer.assertion(printed["client_id"]))
    code, out, _ = run(*add(owner, *ONE, "--jwks-uri", "https://app.example/keys", "--json"))
    client = server.clients.find_client(json.loads(out)["client_id"])
    assert client is not None
    assert (client.jwks_uri, client.authentication_methods) == ("https://app.example/keys", {"private_key_jwt"})


@pytest.mark.parametrize(
    ("text", "reason"), [("{}", "not a JWK Set"), ("x", "not JSON"), ("BEGIN PRIVATE KEY", "make a new key pair")]
)
def test_a_key_that_cannot_be_used_is_refused(
    text: str, reason: str, run: Run, owner: make.User, tmp_path: Path
) -> None:
    code, out, err = run(*add(owner, *ONE, "--jwks", key_file(tmp_path, text)))
    assert (code, out) == (1, "")
    assert reason in err


def test_keys_that_make_no_sense_are_refused(run: Run, owner: make.User, tmp_path: Path) -> None:
    for more, reason in (
        (("--jwks", str(tmp_path / "none")), "cannot be read"),
        (("--jwks-uri", "http://app.example/keys"), "https"),
    ):
        code, _, err = run(*add(owner, *ONE, *more))
        assert code == 1
        assert reason in err
    code, _, err = run(*add(owner, *ONE, "--jwks-uri", "https://app.example/keys", type="public"))
    assert (code, "public app" in err) == (1, True)


# Access without a user


def test_access_without_a_user_is_opened_and_closed(run: Run, server: Server, browser: Browser) -> None:
    app = make.app(server, grant_types=("client_credentials",), redirect_uris=())
    resource = make.api(server).redirect_uri
    code, out, _ = run("apps", "own-access", app.client_id, "--scope", "read:data", "--resource", resource)
    assert (code, out) == (0, "“Example App” can use read:data without a user.\n")
    assert play.own_token(browser, app).json["scope"] == "read:data"
    code, _, err = run("apps", "own-access", app.client_id, "--scope", "fly")
    assert code == 1
    assert "fly" in err
    with pytest.raises(SystemExit, match="2"):  # nothing is closed by a command that says nothing
        run("apps", "own-access", app.client_id)
    code, out, _ = run("apps", "own-access", app.client_id, "--close")
    assert (code, out) == (0, "“Example App” has no access without a user.\n")
    assert play.own_token(browser, app).json["error"] == "unauthorized_client"


# Apps that register themselves


def test_an_initial_access_token_is_made_listed_and_revoked(run: Run, server: Server) -> None:
    name = f"Partner {secrets.token_hex(4)}"
    code, out, _ = run("registration", "add", name, "--days", "7", "--json")
    made = json.loads(out)
    assert (code, made["name"], made["days"], made["approves"]) == (0, name, 7, False)
    assert registration_tokens.find(server, made["token"]) is not None
    _, listed, _ = run("registration", "list")
    [line] = [line for line in listed.splitlines() if line.endswith(name)]
    assert made["token"] not in listed
    assert f"…{made['token'][-4:]}" in line
    number = line.split()[0]
    assert run("registration", "revoke", number)[0] == 0
    assert registration_tokens.find(server, made["token"]) is None
    code, _, why = run("registration", "revoke", number)
    assert (code, "no initial access token" in why) == (1, True)
    code, _, why = run("registration", "add", name, "--days", "0")
    assert (code, "whole number from 1" in why) == (1, True)


def test_an_initial_access_token_of_one_day_says_so_and_that_registration_is_off(run: Run) -> None:
    code, out, _ = run("registration", "add", f"Partner {secrets.token_hex(4)}", "--days", "1")
    assert code == 0
    assert "valid for 1 day:" in out
    assert "registration is off" in out


def test_apps_that_registered_themselves_are_listed_with_their_host(run: Run, server: Server, browser: Browser) -> None:
    settings, host = server.settings, f"h{secrets.token_hex(6)}.example"
    server.settings = dataclasses.replace(settings, registration="open")
    try:
        client_id = registered(browser, redirect_uris=[f"https://{host}/back"])["client_id"]
    finally:
        server.settings = settings
    [line] = [line for line in run("apps", "list")[1].splitlines() if line.startswith(client_id)]
    assert f"registered itself ({host})" in line
    assert run("apps", "suspend", client_id)[0] == 0
