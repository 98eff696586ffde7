"""Problems: each has its text, each is named somewhere, and responses contain those that reveal nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauthsrv.oauth import bearer, errors
from oauthsrv.oauth.errors import InvalidClient, InvalidGrant, InvalidRequest, OAuthError
from oauthsrv.oauth.problems import AT_TOKEN, BY_CODE, PROBLEMS, WITH_ITS_TOKEN
from oauthsrv.routes.callers import LIMITED

PACKAGE = Path(__file__).resolve().parents[2] / "oauthsrv"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name not in {"problems.py", "checks.py"})
CLASSES = {
    value
    for module in (errors, bearer)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, OAuthError) and value is not OAuthError
}

PROOFS = ("authentication_problem", "verify_name", "verify_secret", "verify_assertion")


def named_by_keyword() -> Iterator[str]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "problem":
                yield from (
                    inner.value
                    for inner in ast.walk(node.value)
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                )


def returned_by(function: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    found = [part for part in ast.walk(inner.value) if isinstance(part, ast.Constant)]
                    yield from (part.value for part in found if part.value and isinstance(part.value, str))


def test_every_problem_that_is_named_has_its_text_and_every_text_is_named() -> None:
    codes = {error.error for error in CLASSES if error.status < 500}
    module = PACKAGE / "oauth/client_authentication.py"
    proofs = {name for function in PROOFS for name in returned_by(function, module)}
    assert "secret_wrong" in proofs
    named = {name for name in named_by_keyword() if name} | proofs | set(LIMITED.values())
    assert codes == set(BY_CODE)
    assert named | codes == set(PROBLEMS)
    assert set(AT_TOKEN) > WITH_ITS_TOKEN


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_says_what_was_wrong_and_how_to_fix_it_in_whole_sentences(name: str) -> None:
    problem = PROBLEMS[name]
    for text in (problem.what, problem.fix):
        assert text.endswith(".")
        assert "  " not in text
    assert problem.shows in ("", "redirect_uri", "scope", "resource", "address")


def test_no_two_problems_say_the_same() -> None:
    assert len({problem.what for problem in PROBLEMS.values()}) == len(PROBLEMS)


def test_rule_11_a_response_says_what_is_wrong_and_how_to_fix_it() -> None:
    error = InvalidRequest("x", problem="redirect_uri_missing", about="scope")
    problem = PROBLEMS["redirect_uri_missing"]
    assert error.body() == {"error": "invalid_request", "error_description": f"{problem.what} {problem.fix}"}
    assert str(error) == str(InvalidRequest("x"))


@pytest.mark.parametrize(
    "causes",
    [
        [InvalidClient(problem=name) for name in ("client_unknown", "secret_wrong", "secret_missing", "")],
        [InvalidClient(problem=name) for name in ("secret_not_expected", "method_not_allowed", "")],
        [InvalidClient(problem=name) for name in ("assertion_missing", "assertion_key", "assertion_signature", "")],
        [InvalidClient(problem="keys_unreachable"), InvalidClient()],
        [InvalidGrant(problem=name) for name in ("code_unknown", "code_of_another", "")],
        [InvalidGrant(problem="refresh_unknown"), InvalidGrant()],
        [bearer.InvalidToken(problem="token_unknown"), bearer.InvalidToken()],
    ],
)
def test_rule_11_causes_that_would_reveal_something_have_one_response(causes: list[OAuthError]) -> None:
    first = causes[0].body()
    assert all(error.body() == first for error in causes)
    assert len({error.problem for error in causes}) == len(causes)


def test_rule_11_only_who_has_the_code_or_token_learns_what_became_of_it() -> None:
    of_grants = {name for name in AT_TOKEN if name.startswith(("code_", "verifier_", "refresh_", "grant_ended"))}
    assert of_grants - InvalidGrant.unexplained <= WITH_ITS_TOKEN
