"""The map of URLs: who may do what, behind which guards."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import every_page
import make
import play
from browser import LEAD_AWAY, Browser
from oauthsrv.routes import MAP
from oauthsrv.server import Server

# Whose callers prove themselves by credentials, in the order of the map.
PROVED_BY_CREDENTIALS = [
    "/oauth/par",
    "/oauth/token",
    "/oauth/device_authorization",
    "/oauth/revoke",
    "/oauth/introspect",
]
# By a token, or by nothing where anybody may: nothing of the browser counts.
REGISTERS = ["/oauth/register"]

# From the outside in; an entry has some of them.
PROTOCOL_GUARDS = ["cors", "oauth_json", "bearer", "recorded", "limited", "admitted"]
PAGE_GUARDS = [
    *("page", "leads_away", "oauth_page", "resent_as_get", "question_again"),
    *("with_secret", "signed_in", "already_signed_in", "with_logo", "csrf", "refusal_sent"),
    *(
        "of_team",
        "of_owner",
        "developed",
        "admin",
        "sure",
        "previewed",
        "confirmed",
        "confirmed_if",
        "shows_again",
        "per_user",
    ),
]


def names(guards: list[Any]) -> list[str]:
    """Without what a guard was made for, which `oauthsrv routes` shows."""
    return [guard.__name__.partition("(")[0] for guard in guards]


ENTRIES = [(method, path, names(guards)) for method, path, guards, _ in MAP]


def filled(path: str) -> str:
    return re.sub(r"<[\w:]+>", "x", path)


def is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def test_no_two_entries_are_alike() -> None:
    alike = Counter(re.sub(r"<\w+>", "<>", f"{method} {path}") for method, path, _ in ENTRIES)
    assert [entry for entry, count in alike.items() if count > 1] == []


def test_every_page_is_in_the_table_of_those_that_are_looked_at() -> None:
    """In the gallery, and by axe."""
    pages = {path for method, path, guards in ENTRIES if method == "GET" and guards[:1] == ["page"]}
    assert pages - every_page.FILES == {page.path for page in every_page.PAGES} - {"/none"}
    assert len({page.name for page in every_page.PAGES}) == len(every_page.PAGES)


def test_every_post_has_csrf_unless_its_caller_proves_itself() -> None:
    without = [path for method, path, guards in ENTRIES if method == "POST" and "csrf" not in guards]
    assert sorted(without) == sorted(PROVED_BY_CREDENTIALS + REGISTERS)


def test_rule_15_every_post_has_a_limit() -> None:
    """`csrf` limits forms by who sends them; introspection charges good answers to the app, bad ones to the address."""
    without = [
        path
        for method, path, guards in ENTRIES
        if method == "POST" and not {"csrf", "limited", "admitted"} & set(guards) and path != "/oauth/introspect"
    ]
    assert without == []


def test_the_pages_before_an_app_let_their_forms_lead_anywhere_and_no_others_do() -> None:
    """tests/browser.py holds every page of the suite to it."""
    assert {path for _, path, guards in ENTRIES if "leads_away" in guards} == set(LEAD_AWAY)
    for method, path, guards in ENTRIES:
        assert ("leads_away" in guards) == (path in LEAD_AWAY and method != "HEAD"), path


def test_guards_stand_in_their_order() -> None:
    for method, path, guards in ENTRIES:
        if method == "OPTIONS":
            assert guards == ["cors"], path
        elif not path.startswith(("/static/", "/logos/")):
            order = PROTOCOL_GUARDS if "oauth_json" in guards else PAGE_GUARDS
            assert guards == [guard for guard in order if guard in guards], path
            assert guards[0] in {"page", "cors", "oauth_json"}, path
            assert method == "POST" or not {"csrf", "confirmed", "confirmed_if"} & set(guards), path


# Every form of a person is in one of these: what it does decides whether the password is asked for again.
GIVES_POWER = {
    "/developer/apps",  # with it comes a client secret
    "/developer/apps/<client_id>/secrets",
    "/developer/apps/<client_id>/authentication",
    "/developer/apps/<client_id>/team",
    "/developer/join",
    "/account/administrator",
    "/developer/apps/<client_id>/transfer",
    "/developer/transfers/<client_id>/accept",
    "/developer/apps/<client_id>/try/redirect-uri",
    "/admin/users",
    "/admin/users/<user_id>/enable",
    "/admin/users/<user_id>/make-admin",
    "/admin/users/<user_id>/reset",
    "/admin/apps/<client_id>/approve",
    "/admin/apps/<client_id>/approve-change",
    "/admin/apps/<client_id>/verify",
    "/admin/apps/<client_id>/reactivate",
    "/admin/registration/tokens",
    "/admin/scopes",
    "/admin/scopes/restore",
    "/admin/apis",
    "/admin/apis/<client_id>/secrets",
    "/admin/hosts",
    "/admin/hosts/unblock",
}
CANNOT_BE_UNDONE = {
    "/developer/apps/<client_id>/delete",
    "/admin/apis/<client_id>/delete",
    "/admin/users/<user_id>/delete",
}
JUDGED_ON_THE_DIFFERENCE = {
    "/developer/apps/<client_id>/edit",
    "/admin/apps/<client_id>/limit",
    "/admin/apps/<client_id>/own-access",
    "/developer/apps/<client_id>/own-access",
    "/admin/registration/uris",
    "/admin/scopes/edit",
    "/admin/apis/<client_id>/edit",
    "/admin/users/<user_id>/edit",
}
STOPS_HARM = {
    "/account/apps/<grant_id>/end",
    "/account/apps/<grant_id>/devices/<family_id>/end",
    "/account/sessions",
    "/account/sessions/<session_id>/end",
    "/developer/apps/<client_id>/secrets/retire",
    "/developer/apps/<client_id>/end-tokens",
    "/developer/apps/<client_id>/own-access/<family_id>/end",
    "/developer/join/decline",
    "/developer/transfers/<client_id>/decline",
    "/developer/apps/<client_id>/transfer/withdraw",
    "/developer/apps/<client_id>/team/invitations/<link_id>/withdraw",
    "/developer/apps/<client_id>/team/leave",
    "/developer/apps/<client_id>/team/<user_id>/remove",
    "/admin/users/<user_id>/disable",
    "/admin/connections/<family_id>/end",
    "/admin/apps/ticked",
    "/admin/apps/<client_id>/users/ticked",
    "/admin/users/ticked",
    "/admin/users/<user_id>/revoke",
    "/admin/users/<user_id>/sign-out",
    "/admin/users/<user_id>/grants/<grant_id>/end",
    "/admin/users/<user_id>/remove-admin",
    "/admin/apps/<client_id>/unverify",
    "/admin/apis/<client_id>/secrets/delete",
    "/admin/apps/<client_id>/reject-change",
    "/developer/apps/<client_id>/withdraw-change",
    "/admin/apps/<client_id>/suspend",
    "/admin/apps/<client_id>/end-tokens",
    "/admin/scopes/retire",
    "/admin/hosts/remove",
    "/admin/hosts/block",
    "/admin/names",
    "/admin/apps/<client_id>/close-reports",
    "/admin/registration/tokens/<token_id>/revoke",
    "/admin/registration/hosts/delete",  # such apps register again
}
NEITHER = {
    "/admin/setup",
    "/account/waiting",
    "/account/report/<client_id>",
    "/account/profile",
    "/admin/search",  # it changes nothing
    "/account/password",  # its form asks for the current one, always
    "/developer/apps/<client_id>/try",  # it sends requests in the app's name that its developer could send anyway
}


def test_rule_13_the_password_is_asked_for_again_by_what_gives_power_and_never_by_what_stops_harm() -> None:
    folders = ("/account", "/developer", "/admin")
    forms = {path: guards for method, path, guards in ENTRIES if method == "POST"}
    personal = {path for path in forms if any(is_under(path, folder) for folder in folders)}
    kinds = (GIVES_POWER, CANNOT_BE_UNDONE, JUDGED_ON_THE_DIFFERENCE, STOPS_HARM, NEITHER)
    assert Counter(path for kind in kinds for path in kind) == dict.fromkeys(personal, 1)
    assert {path for path in personal if "confirmed" in forms[path]} == GIVES_POWER | CANNOT_BE_UNDONE
    assert {path for path in personal if "confirmed_if" in forms[path]} == JUDGED_ON_THE_DIFFERENCE


# What reaches many, or can't be undone, asks first; forms with fields of their own ask beside these.
ASKS_FIRST = {
    "/admin/apps/ticked",
    "/admin/apps/<client_id>/users/ticked",
    "/admin/users/ticked",
    "/admin/users/<user_id>/disable",
    "/admin/users/<user_id>/revoke",
    "/admin/apps/<client_id>/verify",
    "/admin/apps/<client_id>/end-tokens",
    "/admin/scopes/retire",
    "/admin/registration/hosts/delete",
    "/admin/apis/<client_id>/secrets/delete",
    "/developer/apps/<client_id>/end-tokens",
    "/developer/apps/<client_id>/team/leave",
    "/developer/apps/<client_id>/team/<user_id>/remove",
}


def test_what_asks_are_you_sure_is_posted_and_has_no_page_of_its_own() -> None:
    asking = {path for method, path, guards in ENTRIES if "sure" in guards and method == "POST"}
    assert asking == ASKS_FIRST
    assert not [path for method, path, _ in ENTRIES if method == "GET" and path in asking]


def test_what_is_personal_is_behind_a_sign_in_and_what_is_an_administrators_behind_that() -> None:
    for method, path, guards in ENTRIES:
        is_open = is_under(path, "/developer/docs") or is_under(path, "/developer/errors")
        is_personal = not is_open and any(
            is_under(path, folder) for folder in ("/account", "/developer", "/admin", "/device")
        )
        answers_consent = (method, path) == ("POST", "/oauth/authorize")
        is_open = method == "HEAD" or (method, path) == ("GET", "/developer/join")  # whoever holds the link sees it
        assert ("signed_in" in guards) == ((is_personal and not is_open) or answers_consent), path
        assert ("admin" in guards) == is_under(path, "/admin"), path


# What only the owner of an app decides, and administrators: its team, its owner, its end.
OWNERS_ALONE = {
    "/developer/apps/<client_id>/end-tokens",
    "/developer/apps/<client_id>/team",
    "/developer/apps/<client_id>/team/invitations/<link_id>/withdraw",
    "/developer/apps/<client_id>/team/<user_id>/remove",
    "/developer/apps/<client_id>/transfer",
    "/developer/apps/<client_id>/transfer/withdraw",
    "/developer/apps/<client_id>/delete",
    "/developer/apps/<client_id>/own-access",
}
SHOWN_TO_ITS_TEAM = {
    ("GET", "/developer/apps/<client_id>/team"),
    ("GET", "/developer/apps/<client_id>/own-access"),
}


def test_rule_13_the_map_says_who_may_do_what_to_an_app() -> None:
    for method, path, guards in ENTRIES:
        rights = {"of_team", "of_owner"} & set(guards)
        if is_under(path, "/developer/apps/<client_id>"):
            owners = path in OWNERS_ALONE and (method, path) not in SHOWN_TO_ITS_TEAM
            assert rights == ({"of_owner"} if owners else {"of_team"}), path
        else:
            assert not rights, path


# Of an app that registered itself too, which nobody here develops.
OF_EVERY_APP = {
    *("", "/first-request", "/preview", "/events", "/activity", "/activity.csv", "/doctor", "/usage", "/usage.csv"),
    *("/users", "/own-access", "/own-access/<family_id>/end", "/end-tokens", "/danger", "/delete"),
}


def test_settings_credentials_and_team_are_of_apps_that_are_developed_here() -> None:
    for _, path, guards in ENTRIES:
        if is_under(path, "/developer/apps/<client_id>"):
            part = path.removeprefix("/developer/apps/<client_id>")
            assert ("developed" in guards) == (part not in OF_EVERY_APP), path


def test_a_handler_for_any_method_refuses() -> None:
    for method, path, _, handler in MAP:
        assert method in {"GET", "HEAD", "POST", "OPTIONS", "ANY"}
        assert method != "ANY" or handler.__qualname__.startswith(("only.", "nothing_here")), path
        assert method != "HEAD" or handler.__qualname__ == "headers_alone", path


def test_rule_13_nobody_signed_out_sees_what_is_personal(browser: Browser) -> None:
    for method, path, guards in ENTRIES:
        if "signed_in" in guards and method == "GET":
            answer = browser.get(filled(path))
            assert answer.status_int == 303, path
            assert urlsplit(answer.location).path == "/login", path
        elif "signed_in" in guards:
            answer = browser.post(filled(path), {"decision": "allow"})
            assert answer.status_int == 403, path
            assert "You’re signed out" in answer, path


def test_rule_13_a_form_without_its_token_is_not_obeyed(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server, admin=True))
    for method, path, _ in ENTRIES:
        if method == "POST" and path not in PROVED_BY_CREDENTIALS + REGISTERS:
            answer = browser.post(filled(path), {"decision": "allow"})
            assert answer.status_int == 403, path
            assert "Submit again" in answer, path


def test_rule_10_a_caller_that_proves_nothing_gets_nothing(browser: Browser) -> None:
    for path in PROVED_BY_CREDENTIALS:
        answer = browser.post(path, {"token": "x", "grant_type": "refresh_token", "refresh_token": "x"})
        assert answer.status_int == 401, path
        assert answer.json["error"] == "invalid_client", path


def test_only_an_administrator_gets_to_what_is_an_administrators(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    form = {"csrf": browser.get("/account/profile").html.find("input", {"name": "csrf"})["value"]}
    for method, path, _ in ENTRIES:
        if is_under(path, "/admin"):
            answer = browser.get(filled(path)) if method == "GET" else browser.post(filled(path), form)
            assert answer.status_int == 403, path
            assert "For administrators only" in answer, path
