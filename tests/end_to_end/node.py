"""Programs for Node.js with packages of npm: each prints lines of JSON, and reads what a person answers."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from missing import skip_or_fail

# What every program begins with: what it was given, how it says something, how it hears the next line.
BEGIN = """
import { createInterface } from 'node:readline'
const given = JSON.parse(process.argv[2])
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (said) => console.log(JSON.stringify(said))
const next = async () => (await lines.next()).value
"""
MODULES = '{"type": "module", "private": true}'
# A person, who is given an address and says where the browser was sent.
Answer = Callable[[str], str]


# Each with the version that its tests were written for, if that matters.
PACKAGES = (
    *("express", "cors", "express-session", "openid-client@6", "oauth4webapi@3", "oidc-provider@9"),
    *("@modelcontextprotocol/sdk@1", "@modelcontextprotocol/conformance@0.2.0-alpha.12"),
    "node@22",  # the conformance suite runs on no earlier one
)
SETTINGS = ("--no-audit", "--no-fund", "--ignore-scripts")


class Node:
    """Programs run in a folder in which npm has installed all of `PACKAGES`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def installed(cls, folder: Path) -> Node:
        if not shutil.which("node") or not shutil.which("npm"):
            skip_or_fail("node and npm are missing: install Node.js 20 or newer")
        with FileLock(folder / "node.lock"):
            if not (folder / "node").exists():
                install(folder / "node.part")
                (folder / "node.part").rename(folder / "node")
        return cls(folder / "node")

    def give(self, folder: Path, *packages: str) -> None:
        """These and no others to the programs in that folder."""
        (folder / "package.json").write_text(MODULES)
        (folder / "node_modules").mkdir()
        for name in packages:
            (folder / "node_modules" / name).symlink_to(self.folder / "node_modules" / name)

    def run(self, program: str, given: dict[str, Any], answer: Answer) -> dict[str, Any]:
        """What the program says at its end, after its user opened the address that it says first."""
        name = self.folder / f"{secrets.token_hex(4)}.js"
        name.write_text(BEGIN + program + "\nprocess.exit(0)\n")
        node = subprocess.Popen(
            ["node", name.name, json.dumps(given)],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert node.stdout
            line = node.stdout.readline()
            assert line, node.communicate()
            out, errors = node.communicate(answer(json.loads(line)["address"]) + "\n", timeout=30)
        finally:
            node.kill()
            node.wait()
        assert node.returncode == 0, errors
        said: dict[str, Any] = json.loads(out)
        return said


def install(folder: Path) -> None:
    folder.mkdir()
    (folder / "package.json").write_text(MODULES)
    for command in (["install", *SETTINGS, *PACKAGES], ["rebuild", "node"]):
        npm = subprocess.run(["npm", *command], cwd=folder, capture_output=True, text=True, timeout=200, check=False)
        if npm.returncode:
            shutil.rmtree(folder)
            skip_or_fail(f"npm cannot install packages (it needs the npm registry): {npm.stderr.strip()[-200:]}")
