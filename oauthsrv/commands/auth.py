"""oauthsrv auth: logs in to any OAuth server, and prints its tokens for scripts. It needs only the extra `client`."""

import argparse
import contextlib
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from oauthsrv.client import ErrorCode, Failure, Given, LoginInfo, OAuthService, OAuthTokens, Result, Terminal
from oauthsrv.client.logins import LOGIN_SECONDS
from oauthsrv.client.names import check_account_name, check_address, check_issuer, check_service_name, variable
from oauthsrv.client.terminal import duration
from oauthsrv.client.values import AuthStatus
from oauthsrv.commands import in_columns

DONE, FAILED, USAGE, LOG_IN_FIRST, CANCELLED, TIMED_OUT, NETWORK, TRY_AGAIN = range(8)
EXIT_CODES = {
    ErrorCode.AUTH_REQUIRED: LOG_IN_FIRST,
    ErrorCode.TOKEN_EXPIRED: LOG_IN_FIRST,
    ErrorCode.AUTH_CANCELLED: CANCELLED,
    ErrorCode.TIMEOUT: TIMED_OUT,
    ErrorCode.NETWORK_ERROR: NETWORK,
}
NOT_EXECUTABLE, NOT_FOUND = 126, 127  # as in shells

T = TypeVar("T")
Command = Callable[[argparse.Namespace], int]


class Failed(Exception):
    """A call of the client failed, and with it the command."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


def value_of(result: Result[T]) -> T:
    if isinstance(result, Failure):
        raise Failed(result)
    return result.value


def command(do: Command) -> Command:
    """Turn failures and Ctrl-C into a line and an exit code; warnings of the client look the same."""

    @functools.wraps(do)
    def run(args: argparse.Namespace) -> int:
        logging.basicConfig(format="oauthsrv: %(message)s", level=logging.WARNING)
        try:
            return do(args)
        except KeyboardInterrupt:
            return failed(Failure("Canceled.", ErrorCode.AUTH_CANCELLED), as_json=args.json)
        except Failed as error:
            return failed(error.failure, as_json=args.json)

    return run


def on_a_service(do: Command) -> Command:
    """Check first what the person typed."""

    @functools.wraps(do)
    def run(args: argparse.Namespace) -> int:
        try:
            check_service_name(args.service)
            if args.account:
                check_account_name(args.account)
            if args.issuer:
                check_issuer(args.issuer)
            if getattr(args, "resource", None):
                check_address(args.resource, "the resource")
        except ValueError as error:
            say(str(error))
            return USAGE
        return do(args)

    return command(run)


def given(args: argparse.Namespace) -> Given:
    """The options for the client. An empty --scope requests whatever the server gives; none, the provider's own."""
    scopes = tuple(scope for each in args.scope for scope in each.split())
    return Given(args.issuer, args.client_id, args.client_secret, scopes if args.scope else None)


@on_a_service
def login(args: argparse.Namespace) -> int:
    with output_kept_from_children():
        oauth = OAuthService(
            terminal=Terminal(addresses=sys.stderr if args.json else None, to_clipboard=args.clipboard),
            login_seconds=args.timeout if args.timeout is not None else LOGIN_SECONDS,
        )
        passed = given(args)
        if args.with_token:
            result = oauth.store_token(args.service, sys.stdin.readline().strip(), given=passed, account=args.account)
        else:
            result = oauth.authenticate(
                args.service,
                passed.client_id,
                passed.client_secret,
                open_browser=not args.no_browser,
                issuer=passed.issuer,
                scopes=passed.scopes,
                device=args.device,
                account=args.account,
                prompt=args.prompt,
                login_hint=args.login_hint,
                resource=args.resource,
            )
        tokens = value_of(result)
        say(f"Logged in to {args.service}.")
        return report(args, tokens)


@on_a_service
def status(args: argparse.Namespace) -> int:
    info = value_of(OAuthService().get_login(args.service, given=given(args), account=args.account))
    if args.json:
        print(json.dumps(as_values(info)))
    else:
        print("\n".join(as_lines(info)))
    can_be_renewed = info.status is AuthStatus.TOKEN_EXPIRED and info.tokens and info.tokens.refresh_token
    return DONE if info.status is AuthStatus.AUTHENTICATED or can_be_renewed else LOG_IN_FIRST


@command
def show(args: argparse.Namespace) -> int:
    found = value_of(OAuthService().list_logins())
    if args.json:
        print(json.dumps({"logins": [as_values(each) for each in found]}))
        return DONE
    rows = [
        (
            ("* " if each.is_active else "  ") + each.service + (f"@{each.account}" if each.account else ""),
            state(each),
            each.server or "unknown server",
            each.storage,
        )
        for each in found
    ]
    for line in in_columns(rows):
        print(line)
    return DONE


@on_a_service
def token(args: argparse.Namespace) -> int:
    tokens = value_of(OAuthService().ensure_valid_token(args.service, given=given(args), account=args.account))
    if args.json:
        print(json.dumps({"access_token": tokens.access_token, "token_type": tokens.token_type, **times(tokens)}))
    else:
        print(f"Authorization: Bearer {tokens.access_token}" if args.header else tokens.access_token)
    return DONE


@on_a_service
def execute(args: argparse.Namespace) -> int:
    """Replace this process by the program: its exit code, signals and terminal are its own."""
    if not args.program:
        say("Give a program to run: oauthsrv auth exec SERVICE -- PROGRAM …")
        return USAGE
    found = value_of(OAuthService().ensure_valid_token(args.service, given=given(args), account=args.account))
    environ = {**os.environ, args.env or variable(args.service, "TOKEN"): found.access_token}
    try:
        os.execvpe(args.program[0], args.program, environ)  # noqa: S606 (the person's own program)
    except (OSError, ValueError) as error:
        say(f"{args.program[0]} cannot be run: {getattr(error, 'strerror', None) or error}.")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


@on_a_service
def refresh(args: argparse.Namespace) -> int:
    found = value_of(OAuthService().refresh_tokens(args.service, given=given(args), account=args.account))
    say(f"Renewed the tokens of {args.service}.")
    return report(args, found)


@on_a_service
def switch(args: argparse.Namespace) -> int:
    oauth = OAuthService()
    account = args.account or args.to
    if account is None:
        found = value_of(oauth.list_logins())
        others = [each.account for each in found if each.service == args.service and not each.is_active]
        if len(others) != 1:
            say(f"Give an account: oauthsrv auth switch {args.service} ACCOUNT. `oauthsrv auth list` shows them.")
            return USAGE
        account = others[0]
    value_of(oauth.switch(args.service, account))
    say(f"{args.service} now uses {account or 'the unnamed account'}.")
    if args.json:
        print(json.dumps({"service": args.service, "account": account}))
    return DONE


@on_a_service
def resources(args: argparse.Namespace) -> int:
    found = value_of(OAuthService().get_resources(args.service, account=args.account))
    if args.json:
        print(json.dumps({"resources": found}))
        return DONE
    for line in in_columns([tuple(str(each.get(name, "")) for name in ("id", "name", "url")) for each in found]):
        print(line)
    return DONE


@on_a_service
def logout(args: argparse.Namespace) -> int:
    out = value_of(OAuthService().logout(args.service, given=given(args), account=args.account))
    if not out:
        say(f"You were not logged in to {args.service}.")
    else:
        say(f"Logged out of {args.service}. Its tokens are deleted here; at the server:")
        for each in out.tokens:
            say(f"  {each.sentence}")
    if os.environ.get(variable(args.service, "TOKEN")):
        say(f"{variable(args.service, 'TOKEN')} is still set, and contains a token.")
    if args.json:
        said = [{"kind": each.kind, "revoked": each.problem is None, "problem": each.problem} for each in out.tokens]
        print(json.dumps({"service": args.service, "revoked": out.revoked, "note": out.note, "tokens": said}))
    return DONE


@command
def providers(args: argparse.Namespace) -> int:
    found = value_of(OAuthService().get_providers())
    rows = [
        (name, each.display_name, each.issuer or each.auth_url or "any, with --issuer", each.setup_url or "")
        for name, each in sorted(found.items())
    ]
    for line in in_columns(rows):
        print(line)
    return DONE


@command
def completion(args: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(args.whole, args.shell))
    return DONE


def report(args: argparse.Namespace, tokens: OAuthTokens) -> int:
    if args.json:
        print(json.dumps({"service": args.service, "status": AuthStatus.AUTHENTICATED.value, **times(tokens)}))
    return DONE


def as_values(info: LoginInfo) -> dict[str, Any]:
    """The stored login without its tokens."""
    return {
        "service": info.service,
        "account": info.account,
        "status": info.status.value,
        "server": info.server,
        "client_id": info.client_id,
        "storage": info.storage,
        "active": info.is_active,
        **(times(info.tokens) if info.tokens else {}),
    }


def as_lines(info: LoginInfo) -> Iterator[str]:
    yield f"{info.service}: {state(info)}"
    account = f", account {info.account}" if info.account else ""
    if info.server:
        yield f"  server {info.server}, client {info.client_id}{account}"
    yield f"  {'looked in' if info.status is AuthStatus.NOT_AUTHENTICATED else 'stored in'} {info.storage}"


def state(info: LoginInfo) -> str:
    word = info.status.value.lower().replace("_", " ")
    is_in = info.status is not AuthStatus.NOT_AUTHENTICATED and info.tokens
    return word + (remaining(info.tokens) if is_in and info.tokens else "")


def times(tokens: OAuthTokens) -> dict[str, Any]:
    left = None if tokens.expires_at is None else max(0, int(tokens.expires_at - time.time()))
    return {"expires_in": left, "scope": tokens.scope, "can_be_renewed": tokens.refresh_token is not None}


def remaining(tokens: OAuthTokens) -> str:
    renewed = "can be renewed" if tokens.refresh_token else "cannot be renewed"
    if tokens.expires_at is None:
        return f", does not expire, {renewed}"
    left = tokens.expires_at - time.time()
    when = f"expires in {duration(left)}" if left > 0 else f"expired {duration(-left)} ago"
    if tokens.is_from_the_future:
        when = "issued in the future, so this machine's clock was or is wrong"
    return f", {when}, {renewed}" + (f", scope {tokens.scope}" if tokens.scope else "")


def failed(failure: Failure, *, as_json: bool) -> int:
    say(failure.error)
    if as_json:
        values = {"error": failure.error, "code": failure.code.value, "retry_after": failure.retry_after}
        print(json.dumps({name: value for name, value in values.items() if value is not None}))
    if failure.retry_after is not None:
        return TRY_AGAIN
    return LOG_IN_FIRST if failure.needs_login else EXIT_CODES.get(failure.code, FAILED)


def say(message: str) -> None:
    print(f"oauthsrv: {message}", file=sys.stderr)


@contextlib.contextmanager
def output_kept_from_children() -> Iterator[None]:
    """Keep our streams from a browser: it would write to what a script reads, and keep the pipe open while it runs."""
    with kept_stream("stdout", 1), kept_stream("stderr", 2):
        yield


@contextlib.contextmanager
def kept_stream(name: str, number: int) -> Iterator[None]:
    ours = getattr(sys, name)
    try:
        is_the_systems = ours.fileno() == number
    except (AttributeError, OSError, ValueError):
        is_the_systems = False
    if not is_the_systems:
        yield
        return
    ours.flush()
    own = os.dup(number)  # children do not inherit it
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
    try:
        with open(own, "w", 1, encoding=ours.encoding, errors=ours.errors, closefd=False) as stream:
            setattr(sys, name, stream)
            yield
    finally:
        setattr(sys, name, ours)
        os.dup2(own, number)
        os.close(own)
