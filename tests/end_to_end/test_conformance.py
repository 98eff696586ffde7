"""The scenarios of the MCP conformance suite for authorization servers, against ours."""

from __future__ import annotations

import subprocess
from typing import IO

import requests

from end_to_end.node import Node
from end_to_end.running import SECONDS, Person, Service, free_port

SUITE = "@modelcontextprotocol/conformance"


def address_in(lines: IO[str], issuer: str) -> str:
    """Where the suite sends its user."""
    for line in lines:
        if line.startswith(f"{issuer}/oauth/authorize?"):
            return line.strip()
    raise AssertionError("it sends nobody anywhere")


def test_every_scenario_for_authorization_servers_passes(
    node: Node, service: Service, developer: Person, person: Person
) -> None:
    """With a public app: where `none` is advertised, the suite sends no secret even if it was given one."""
    port = free_port()
    app = service.app(developer, f"http://127.0.0.1:{port}/callback", type="public")
    program = ["node_modules/.bin/node", f"node_modules/{SUITE}/dist/index.js", "authorization"]
    suite = subprocess.Popen(
        [*program, "--url", service.origin, "--client-id", app.client_id, "--port", str(port)],
        cwd=node.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert suite.stdout
        back = person.answer(address_in(suite.stdout, service.origin))
        requests.get(back, timeout=SECONDS).raise_for_status()
        output, _ = suite.communicate(timeout=SECONDS)
    finally:
        suite.kill()
        suite.wait()
    assert suite.returncode == 0, output
    assert "authorization-server-metadata-endpoint: 2 passed, 0 failed" in output
    assert "authorization-code-grant: 1 passed, 0 failed" in output
