"""Clients that repeat their refresh token: the successor stays available until it is first used (rule 5)."""

import pytest

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.flows import housekeeping
from oauthsrv.server import Server
from play import refused
from refreshing import GRACE, rotated

DAY = 86_400


@pytest.fixture
def keeping(server: Server, browser: Browser) -> play.Connection:
    """Of an app that asked for it in its settings."""
    connection = play.tokens(server, browser)
    make.change(server, connection.app, keeps_successor=True)
    return connection


@pytest.fixture
def self_registered(server: Server, browser: Browser) -> play.Connection:
    connection = play.tokens(server, browser, make.app(server, type="public"))
    rows.rows(
        server,
        "UPDATE client SET registered_by = 'registration', owner_id = NULL WHERE client_id = %(client_id)s",
        client_id=connection.app.client_id,
    )
    server.clients.changed(connection.app.client_id)
    return connection


@pytest.fixture(params=["keeping", "self_registered"])
def patient(request: pytest.FixtureRequest) -> play.Connection:
    found: play.Connection = request.getfixturevalue(request.param)
    return found


def let_pass(server: Server, connection: play.Connection, seconds: float) -> None:
    rows.let_pass(server, connection.refresh_token, seconds)


def test_rule_5_the_same_successor_comes_for_thirty_days_if_it_is_not_used(
    server: Server, patient: play.Connection, elsewhere: Browser
) -> None:
    first = rotated(patient.browser, patient.app, patient.refresh_token)
    for _ in range(3):
        let_pass(server, patient, 9 * DAY)
        done(housekeeping.walk(server))
        again = rotated(elsewhere, patient.app, patient.refresh_token)
        assert again["refresh_token"] == first["refresh_token"]
        assert server.tokens.check(again["access_token"]).token is not None
    let_pass(server, patient, 3 * DAY + 1)  # counted from the first use of the token, whatever came after
    assert refused(play.refresh(elsewhere, patient.app, patient.refresh_token))
    assert not rows.lives(server, patient.refresh_token)


def test_rule_5_the_grace_time_begins_with_the_first_use_of_the_successor(
    server: Server, patient: play.Connection
) -> None:
    first = rotated(patient.browser, patient.app, patient.refresh_token)
    let_pass(server, patient, 10 * DAY)
    rotated(patient.browser, patient.app, first["refresh_token"])
    assert refused(play.refresh(patient.browser, patient.app, patient.refresh_token))
    assert rows.lives(server, patient.refresh_token)
    let_pass(server, patient, GRACE + 1)
    assert refused(play.refresh(patient.browser, patient.app, patient.refresh_token))
    assert rows.family(server, patient.refresh_token).end_reason == "reused"


def test_rule_5_what_is_sealed_is_erased_when_its_time_is_over(server: Server, keeping: play.Connection) -> None:
    rotated(keeping.browser, keeping.app, keeping.refresh_token)
    let_pass(server, keeping, 30 * DAY + 1)
    done(housekeeping.walk(server))
    assert rows.family(server, keeping.refresh_token).sealed is None


def test_rule_5_a_stolen_token_still_ends_the_family_once_its_holder_went_on(
    server: Server, keeping: play.Connection
) -> None:
    stolen = keeping.refresh_token
    second = rotated(keeping.browser, keeping.app, stolen)
    third = rotated(keeping.browser, keeping.app, second["refresh_token"])
    let_pass(server, keeping, GRACE + 1)
    assert refused(play.refresh(keeping.browser, keeping.app, stolen))
    assert refused(play.refresh(keeping.browser, keeping.app, third["refresh_token"]))


def test_repeats_are_counted_and_shown_to_the_user_and_the_developer(
    server: Server, keeping: play.Connection, elsewhere: Browser
) -> None:
    for _ in range(3):
        rotated(keeping.browser, keeping.app, keeping.refresh_token)
    grant_id = rows.family(server, keeping.refresh_token).grant_id
    shown = keeping.browser.get(f"/account/apps/{grant_id}")
    assert "2 times with a token it had used before" in shown.text
    owner = rows.rows(
        server,
        'SELECT "user".user_id, "user".email FROM client JOIN "user" ON user_id = owner_id WHERE client_id = %(id)s',
        id=keeping.app.client_id,
    )[0]
    play.sign_in(elsewhere, make.User(owner.user_id, owner.email))
    assert "sent a refresh token again 2 times" in elsewhere.get(
        f"/developer/apps/{keeping.app.client_id}/doctor"
    ).text.replace("\n", " ")


def test_a_developer_turns_it_on_in_the_settings(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    play.sign_in(browser, owner)
    form = play.form_with(browser.get(f"/developer/apps/{app.client_id}/edit"), "keeps_successor")
    form["keeps_successor"] = True
    assert form.submit().status_int == 303
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert client.keeps_successor
