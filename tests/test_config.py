"""Settings: what they are by default, what may be said, and how a wrong one is refused."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from oauthsrv.config import SETTINGS, SettingError, Settings, load
from oauthsrv.setting_values import Listen

REMOTE = {"OAUTHSRV_LISTEN": "0.0.0.0:8000", "OAUTHSRV_ISSUER": "https://login.example.com"}


def refusal(**environ: str) -> str:
    with pytest.raises(SettingError) as raised:
        load(environ)
    message = str(raised.value)
    assert "\n" not in message
    assert "Example: " in message
    return message


def test_without_a_variable_everything_has_its_default() -> None:
    settings = load({})
    assert settings == Settings(
        database_url=None,
        redis_url=None,
        issuer="http://127.0.0.1:8000",
        listen=Listen("127.0.0.1", 8000),
        data_dir=Path.cwd() / "var",
        key=None,
        workers=1,
        threads=16,
        name="oauthsrv",
        logo=None,
        accent=None,
        support_url=None,
        terms_url=None,
        privacy_url=None,
        signup="open",
        app_review=False,
        registration="off",
        client_documents="listed",
        trusted_proxies=(),
        code_ttl=600,
        access_ttl=3600,
        refresh_ttl=2592000,
        refresh_max_age=31536000,
        refresh_grace=30,
    )


def test_every_setting_can_be_given_as_its_own_example_says(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    examples = {setting.name: setting.example.replace("/etc/acme", str(tmp_path)) for setting in SETTINGS}
    (tmp_path / "logo-dark.svg").write_bytes((tmp_path / "logo.svg").read_bytes())
    settings = load(examples)
    assert settings.listen == Listen("::1", 8000)
    assert settings.issuer == "https://login.example.com"
    assert settings.signup == "closed"
    assert settings.app_review is True
    assert settings.client_documents == "off"
    assert settings.trusted_proxies == (ip_network("10.0.0.7"), ip_network("192.168.4.0/24"))


def test_every_setting_is_a_field() -> None:
    assert [setting.field for setting in SETTINGS] == [
        name for name in Settings.__dataclass_fields__ if name != "chosen"
    ]


def test_an_option_wins_over_its_variable() -> None:
    settings = load({"OAUTHSRV_WORKERS": "2", "OAUTHSRV_THREADS": "8"}, workers=3, threads=None)
    assert (settings.workers, settings.threads) == (3, 8)


def test_a_wrong_variable_does_not_matter_where_an_option_replaces_it() -> None:
    assert load({"OAUTHSRV_WORKERS": "many"}, workers="3").workers == 3


def test_a_wrong_option_is_called_by_its_own_name() -> None:
    with pytest.raises(SettingError, match=r"^--listen is wrong: .* Example: --listen \[::1\]:8000$"):
        load({}, listen="8000")


def test_an_unknown_option_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="no such setting: port"):
        load({}, port=1)


@pytest.mark.parametrize(
    ("listen", "issuer"),
    [
        ("127.0.0.1:80", "http://127.0.0.1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.0.0.9:443", "http://127.0.0.9:443"),
        ("localhost:9000", "http://localhost:9000"),
        ("LOCALHOST:9000", "http://localhost:9000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
    ],
)
def test_the_issuer_is_made_from_a_loopback_address(listen: str, issuer: str) -> None:
    assert load({"OAUTHSRV_LISTEN": listen}).issuer == issuer


@pytest.mark.parametrize("listen", ["0.0.0.0:8000", "[::]:8000", "192.0.2.1:80", "login.example.com:443"])
def test_the_issuer_is_required_on_any_other_address(listen: str) -> None:
    assert refusal(OAUTHSRV_LISTEN=listen).startswith(f"OAUTHSRV_ISSUER is missing: {listen} is not a loopback address")


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.example.com",
        "https://login.example.com:8443",
        "https://xn--bcher-kva.example",
        "https://192.0.2.1",
        "https://[2001:db8::1]",
        "http://localhost:8000",
        "http://dev.localhost",
        "http://127.0.0.1",
        "http://[::1]:8000",
    ],
)
def test_an_issuer_is_kept_as_it_was_written(issuer: str) -> None:
    assert load({**REMOTE, "OAUTHSRV_ISSUER": issuer}).issuer == issuer


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        ("https://login.example.com/", "leave out the slash at its end"),
        ("https://login.example.com/oauth", "without a path"),
        ("https://login.example.com//", "without a path"),
        ("http://login.example.com", "others need https"),
        ("http://127.0.0.1.example.com", "others need https"),
        ("http://10.0.0.1", "others need https"),
        ("HTTPS://login.example.com", "lower case"),
        ("https://Login.example.com", "lower case"),
        ("https://login.example.com:443", "leave out :443"),
        ("http://localhost:80", "leave out :80"),
        ("https://login.example.com:99999", "above 65535"),
        ("https://login.example.com:0", "cannot be read"),
        ("https://login..example.com", "not a host name"),
        ("https://-x.example.com", "not a host name"),
        ("https://bücher.example", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://[0:0::1]", r"write its address as [::1]"),
        ("https://user@login.example.com", "origin alone"),
        ("https://login.example.com?", "origin alone"),
        ("https://login.example.com#x", "origin alone"),
        ("https://login.ex\tample.com", "cannot be read"),
        ("https://", "cannot be read"),
        ("login.example.com", "must begin with https://"),
        ("ftp://login.example.com", "must begin with https://"),
        ("", "empty"),
    ],
)
def test_an_issuer_that_is_no_plain_origin_is_refused(issuer: str, reason: str) -> None:
    message = refusal(OAUTHSRV_ISSUER=issuer)
    assert message.startswith("OAUTHSRV_ISSUER is wrong: ")
    assert reason in message


@pytest.mark.parametrize(
    ("listen", "reason"),
    [
        ("8000", "not HOST:PORT"),
        (":8000", "not HOST:PORT"),
        ("127.0.0.1", "not HOST:PORT"),
        ("127.0.0.1:", "not a number from 1 to 65535"),
        ("127.0.0.1:0", "not a number from 1 to 65535"),
        ("127.0.0.1:65536", "not a number from 1 to 65535"),
        ("127.0.0.1:http", "not a number from 1 to 65535"),
        ("127.0.0.1:８０", "not a number from 1 to 65535"),
        ("::1:8000", "in brackets"),
        ("[::g]:8000", "not an IPv6 address"),
        ("[127.0.0.1]:8000", "not an IPv6 address"),
        ("my host:8000", "neither an address nor a host name"),
    ],
)
def test_an_address_to_listen_on_that_cannot_be_is_refused(listen: str, reason: str) -> None:
    assert reason in refusal(OAUTHSRV_LISTEN=listen)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db/x",
        "postgres:///x?host=/run&user=u",
        "postgresql://a:1,b:2/x",
        "postgresql://u:p%40@[::1]:5432,h/x",
        "postgresql://",
        "postgresql://u@/x",
        "postgresql://%2Frun%2Fpostgresql/x",
    ],
)
def test_a_postgresql_url_is_taken_as_it_is(url: str) -> None:
    assert load({"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "url", ["mysql://u:pa55@db/x", "u:pa55@db", "sqlite:///pa55", "postgresql+psycopg2://u:pa55@d"]
)
def test_another_database_is_refused_without_repeating_its_password(url: str) -> None:
    message = refusal(DATABASE_URL=url)
    assert "must begin with postgresql://" in message
    assert "pa55" not in message


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://127.0.0.1:6380/1",
        "redis://[::1]:6379/",
        "redis:///0",
        "unix:///run/valkey.sock",
        "unix:///run/valkey.sock?db=1",
        "redis://:pa55@cache.internal/0",
        "rediss://user:pa55@cache.internal:6380",
        "redis://cache.internal?password=pa55",
    ],
)
def test_a_redis_on_this_machine_or_with_a_password_is_taken(url: str) -> None:
    assert load({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://cache.internal", "needs a password"),
        ("rediss://cache.internal:6380/0", "needs a password"),
        ("redis://user@cache.internal", "needs a password"),
        ("redis://user:@cache.internal", "needs a password"),
        ("redis://127.0.0.1.example.com", "needs a password"),
        ("redis://?host=cache.internal", "needs a password"),
        ("redis://:pa55/word@cache.internal", "cannot be read"),
        ("redis://:pa55#@cache.internal", "cannot be read"),
        ("redis://[:pa55@cache.internal", "cannot be read"),
        ("redis://:pa55@cache.internal/pa55", "number of a database"),
        ("redis://:pa 55@cache.internal", "a space"),
        ("unix://", "absolute path"),
        ("http://:pa55@cache.internal", "must begin with redis://"),
        ("cache.internal:6379", "must begin with redis://"),
    ],
)
def test_a_redis_that_cannot_be_trusted_or_read_is_refused_without_repeating_its_password(
    url: str, reason: str
) -> None:
    message = refusal(REDIS_URL=url)
    assert reason in message
    assert "pa55" not in message
    assert "pa " not in message


@pytest.mark.parametrize("password", ["pa/pa55", "pa@pa55", "pa#pa55", "pa?pa55", "pa55:pa55@h:pa55"])
def test_a_password_that_would_be_read_as_a_host_is_refused_without_repeating_it(password: str) -> None:
    message = refusal(DATABASE_URL=f"postgresql://u:{password}@db.internal/x")
    assert "%2F" in message
    assert "pa55" not in message


def test_the_urls_stay_out_of_the_repr() -> None:
    settings = load({"DATABASE_URL": "postgresql://u:pa55@db/x", "REDIS_URL": "redis://:pa55@cache/0"})
    assert "pa55" not in repr(settings)


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "OAUTHSRV_SIGNUP", "OAUTHSRV_WORKERS"])
@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_an_empty_variable_is_not_taken_for_none(name: str, nothing: str) -> None:
    assert f"{name} is wrong: it is empty" in refusal(**{name: nothing})


def test_space_around_a_value_does_not_count() -> None:
    assert load({"OAUTHSRV_WORKERS": " 4\n"}).workers == 4


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("OAUTHSRV_WORKERS", 1, 256),
        ("OAUTHSRV_THREADS", 1, 256),
        ("OAUTHSRV_CODE_TTL", 1, 600),
        ("OAUTHSRV_ACCESS_TTL", 1, 86_400),
        ("OAUTHSRV_REFRESH_TTL", 1, 315_360_000),
        ("OAUTHSRV_REFRESH_MAX_AGE", 1, 315_360_000),
        ("OAUTHSRV_REFRESH_GRACE", 0, 60),
    ],
)
def test_a_number_stays_within_its_limits(name: str, low: int, high: int) -> None:
    field = name.removeprefix("OAUTHSRV_").lower()
    for good in (low, high):
        assert getattr(load({name: str(good)}), field) == good
    for bad in (str(low - 1), str(high + 1), "1.5", "1e3", "ten", "٣", "0x10", "9" * 5000):
        assert f"is not a whole number from {low} to {high}" in refusal(**{name: bad})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("OAUTHSRV_SIGNUP", "yes", "'yes' is not open or closed"),
        ("OAUTHSRV_APP_REVIEW", "true", "'true' is not on or off"),
        ("OAUTHSRV_REGISTRATION", "on", "'on' is not off or token or open"),
    ],
)
def test_a_choice_is_one_of_its_words(name: str, value: str, reason: str) -> None:
    assert reason in refusal(**{name: value})


@pytest.mark.parametrize(
    "proxies", ["proxy.internal", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1;::1"]
)
def test_proxies_are_addresses_and_never_everybody(proxies: str) -> None:
    assert "OAUTHSRV_TRUSTED_PROXIES is wrong: " in refusal(OAUTHSRV_TRUSTED_PROXIES=proxies)


def test_no_proxies_may_be_said() -> None:
    assert load({"OAUTHSRV_TRUSTED_PROXIES": ""}).trusted_proxies == ()


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("OAUTHSRV_WORKER", "OAUTHSRV_WORKERS"),
        ("OAUTHSRV_ACCESS_TLL", "OAUTHSRV_ACCESS_TTL"),
        ("OAUTHSRV_ISUER", "OAUTHSRV_ISSUER"),
        ("OAUTHSRV_SIGN_UP", "OAUTHSRV_SIGNUP"),
        ("OAUTHSRV_DATABASE_URL", "DATABASE_URL"),
        ("oauthsrv_issuer", "OAUTHSRV_ISSUER"),
    ],
)
def test_a_mistyped_setting_is_refused_with_the_one_that_was_meant(typo: str, meant: str) -> None:
    assert refusal(**{typo: "1"}).startswith(f"{typo} is not a setting: {meant} is. ")


@pytest.mark.parametrize(
    "name",
    [
        "OAUTHSRV_TEST_ALL",
        "OAUTHSRV_TOKEN_DIR",
        "OAUTHSRV_TOKEN_STORAGE",
        # What Kubernetes sets for a service called oauthsrv.
        "OAUTHSRV_PORT",
        "OAUTHSRV_SERVICE_HOST",
        "OAUTHSRV_SERVICE_PORT",
        "OAUTHSRV_PORT_8000_TCP_ADDR",
    ],
)
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert load({name: "1"}) == load({})


def test_the_data_folder_stays_the_same_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load({"OAUTHSRV_DATA_DIR": "here"}).data_dir == tmp_path / "here"
    assert load({"OAUTHSRV_DATA_DIR": "~/there"}).data_dir == tmp_path / "there"


def test_cookies_are_named_after_the_issuer_where_a_host_may_be_shared() -> None:
    """Cookies know no port (RFC 6265 §8.5): two servers on one host would sign each other's people out."""
    alone = load({"OAUTHSRV_ISSUER": "https://login.example.com"})
    assert alone.cookie_suffix == ""
    issuers = [
        *("http://127.0.0.1:8000", "http://127.0.0.1:8001", "http://127.0.0.1"),
        *("http://localhost", "http://[::1]:8000"),
        *("https://localhost", "https://login.example.com:8443"),
    ]
    suffixes = [load({"OAUTHSRV_ISSUER": issuer}).cookie_suffix for issuer in issuers]
    assert all(re.fullmatch(r"-[0-9a-f]{8}", suffix) for suffix in suffixes)
    assert len(set(suffixes)) == len(issuers)


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.7", "192.0.2.7"), ("localhost", "localhost")],
)
def test_a_server_on_all_addresses_is_reached_on_the_loopback_one(host: str, reached_at: str) -> None:
    assert Listen(host, 8000).from_this_machine() == Listen(reached_at, 8000)


def test_rule_14_registration_is_not_open_where_apps_are_reviewed() -> None:
    text = refusal(OAUTHSRV_REGISTRATION="open", OAUTHSRV_APP_REVIEW="on")
    assert "OAUTHSRV_REGISTRATION=open" in text
    assert load({"OAUTHSRV_REGISTRATION": "token", "OAUTHSRV_APP_REVIEW": "on"}).registration == "token"
    assert load({"OAUTHSRV_REGISTRATION": "open"}).registration == "open"


def test_rule_14_documents_are_not_open_where_apps_are_reviewed() -> None:
    text = refusal(OAUTHSRV_CLIENT_DOCUMENTS="open", OAUTHSRV_APP_REVIEW="on")
    assert "OAUTHSRV_CLIENT_DOCUMENTS=open" in text
    assert load({"OAUTHSRV_CLIENT_DOCUMENTS": "listed", "OAUTHSRV_APP_REVIEW": "on"}).client_documents == "listed"
    assert load({"OAUTHSRV_CLIENT_DOCUMENTS": "open"}).client_documents == "open"
