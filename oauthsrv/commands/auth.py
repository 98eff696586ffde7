"""oauthsrv auth: logs in to any OAuth server, and gives scripts its tokens. Needs the extra `client` alone."""

import argparse
import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from oauthsrv.client import ErrorCode, Failure, Given, OAuthService, OAuthTokens, Terminal
from oauthsrv.client.addresses import check_issuer
from oauthsrv.client.display import duration
from oauthsrv.client.login import LOGIN_SECONDS
from oauthsrv.client.names import check_service_name
from oauthsrv.client.values import AuthStatus
from oauthsrv.commands.columns import in_columns

DONE, FAILED, USAGE, LOG_IN_FIRST, CANCELLED, TIMED_OUT, NETWORK = range(7)
EXIT_CODES = {
    ErrorCode.AUTH_REQUIRED: LOG_IN_FIRST,
    ErrorCode.TOKEN_EXPIRED: LOG_IN_FIRST,
    ErrorCode.AUTH_CANCELLED: CANCELLED,
    ErrorCode.TIMEOUT: TIMED_OUT,
    ErrorCode.NETWORK_ERROR: NETWORK,
}


Command = Callable[[argparse.Namespace], int]


def on_a_service(command: Command) -> Command:
    """What a person typed is checked first; whatever they did wrong, or interrupted, is a line and an exit code."""

    @functools.wraps(command)
    def run(args: argparse.Namespace) -> int:
        try:
            check_service_name(args.service)
            if args.issuer:
                check_issuer(args.issuer)
        except ValueError as error:
            say(str(error))
            return USAGE
        try:
            return command(args)
        except KeyboardInterrupt:
            return failed(Failure("Cancelled.", ErrorCode.AUTH_CANCELLED), as_json=args.json)

    return run


def given(args: argparse.Namespace) -> Given:
    scopes = tuple(scope for each in args.scope for scope in each.split())
    return Given(args.issuer, args.client_id, args.client_secret, scopes or None)


@on_a_service
def login(args: argparse.Namespace) -> int:
    with output_kept_from_children():
        oauth = OAuthService(
            terminal=Terminal(addresses=sys.stderr if args.json else None),
            login_seconds=args.timeout if args.timeout is not None else LOGIN_SECONDS,
        )
        asked = given(args)
        result = oauth.authenticate(
            args.service,
            asked.client_id,
            asked.client_secret,
            open_browser=not args.no_browser,
            issuer=asked.issuer,
            scopes=asked.scopes,
            device=args.device,
        )
        if isinstance(result, Failure):
            return failed(result, as_json=args.json)
        say(f"Logged in at {args.service}.")
        return told(args, AuthStatus.AUTHENTICATED, result.value)


@on_a_service
def status(args: argparse.Namespace) -> int:
    oauth = OAuthService()
    found = oauth.get_status(args.service, given=given(args))
    if isinstance(found, Failure):
        return failed(found, as_json=args.json)
    if found.value is AuthStatus.NOT_AUTHENTICATED:
        told(args, found.value, None)
        return LOG_IN_FIRST
    tokens = oauth.get_tokens(args.service)
    if isinstance(tokens, Failure):
        return failed(tokens, as_json=args.json)
    told(args, found.value, tokens.value)
    can_be_renewed = found.value is AuthStatus.TOKEN_EXPIRED and tokens.value.refresh_token
    return DONE if found.value is AuthStatus.AUTHENTICATED or can_be_renewed else LOG_IN_FIRST


@on_a_service
def token(args: argparse.Namespace) -> int:
    found = OAuthService().ensure_valid_token(args.service, given=given(args))
    if isinstance(found, Failure):
        return failed(found, as_json=args.json)
    tokens = found.value
    if args.json:
        print(json.dumps({"access_token": tokens.access_token, "token_type": tokens.token_type, **times(tokens)}))
    else:
        print(tokens.access_token)
    return DONE


@on_a_service
def refresh(args: argparse.Namespace) -> int:
    found = OAuthService().refresh_tokens(args.service, given=given(args))
    if isinstance(found, Failure):
        return failed(found, as_json=args.json)
    say(f"Renewed the tokens of {args.service}.")
    return told(args, AuthStatus.AUTHENTICATED, found.value)


@on_a_service
def logout(args: argparse.Namespace) -> int:
    found = OAuthService().logout(args.service, given=given(args))
    if isinstance(found, Failure):
        return failed(found, as_json=args.json)
    if found.value.revoked:
        say(f"Logged out of {args.service}: its tokens are ended at the server, and deleted here.")
    else:
        say(f"Nothing of {args.service} is stored here any more. The server was not told: {found.value.note}.")
    if args.json:
        print(json.dumps({"service": args.service, "revoked": found.value.revoked, "note": found.value.note}))
    return DONE


def providers(args: argparse.Namespace) -> int:
    found = OAuthService().get_providers()
    if isinstance(found, Failure):
        return failed(found, as_json=False)
    rows = [
        (name, each.display_name, each.issuer or each.auth_url or "any, with --issuer", each.setup_url or "")
        for name, each in sorted(found.value.items())
    ]
    for line in in_columns(rows):
        print(line)
    return DONE


def told(args: argparse.Namespace, state: AuthStatus, tokens: OAuthTokens | None) -> int:
    """What is stored, without the tokens themselves: an object on stdout, or a sentence."""
    if args.json:
        values = {"service": args.service, "status": state.value}
        print(json.dumps(values | (times(tokens) if tokens else {})))
    elif args.handler == "status":
        print(f"{args.service}: {state.value.lower().replace('_', ' ')}{remaining(tokens) if tokens else ''}")
    return DONE


def times(tokens: OAuthTokens) -> dict[str, Any]:
    left = None if tokens.expires_at is None else max(0, int(tokens.expires_at - time.time()))
    return {"expires_in": left, "scope": tokens.scope, "can_be_renewed": tokens.refresh_token is not None}


def remaining(tokens: OAuthTokens) -> str:
    renewed = "can be renewed" if tokens.refresh_token else "cannot be renewed"
    if tokens.expires_at is None:
        return f", does not expire, {renewed}"
    left = tokens.expires_at - time.time()
    when = f"expires in {duration(left)}" if left > 0 else f"expired {duration(-left)} ago"
    return f", {when}, {renewed}" + (f", scope {tokens.scope}" if tokens.scope else "")


def failed(failure: Failure, *, as_json: bool) -> int:
    say(failure.error)
    if as_json:
        print(json.dumps({"error": failure.error, "code": failure.code.value}))
    return LOG_IN_FIRST if failure.needs_login else EXIT_CODES.get(failure.code, FAILED)


def say(words: str) -> None:
    print(f"oauthsrv: {words}", file=sys.stderr)


@contextlib.contextmanager
def output_kept_from_children() -> Iterator[None]:
    """A browser inherits our streams: it would write into what a script reads, and keep the pipe open while it runs."""
    with kept("stdout", 1), kept("stderr", 2):
        yield


@contextlib.contextmanager
def kept(name: str, number: int) -> Iterator[None]:
    ours = getattr(sys, name)
    try:
        is_the_systems = ours.fileno() == number
    except (AttributeError, OSError, ValueError):
        is_the_systems = False
    if not is_the_systems:
        yield
        return
    ours.flush()
    own = os.dup(number)  # not handed on to children
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
