"""Programs for Node.js with packages of npm: each prints lines of JSON, and reads what a person answers."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from conftest import skip_or_fail

# What every program begins with: what it was given, how it says something, how it hears the next line.
BEGIN = """
import { createInterface } from 'node:readline'
const given = JSON.parse(process.argv[2])
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (said) => console.log(JSON.stringify(said))
const next = async () => (await lines.next()).value
"""
# A person, who is given an address and says where the browser was sent.
Answer = Callable[[str], str]


class Node:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, program: str, given: dict[str, Any], answer: Answer) -> dict[str, Any]:
        """What the program says at its end, after its user opened the address that it says first."""
        name = self.folder / "program.js"
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


@contextlib.contextmanager
def installed(*packages: str) -> Iterator[Node]:
    if not shutil.which("node") or not shutil.which("npm"):
        skip_or_fail(f"node and npm are missing: install Node.js 20 or newer to test with {packages[0]}")
    folder = Path(tempfile.mkdtemp(prefix="oas-node-"))
    try:
        (folder / "package.json").write_text('{"type": "module", "private": true}')
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
        try:
            npm = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
            reason = npm.stderr.strip()[-200:] if npm.returncode else ""
        except subprocess.TimeoutExpired:
            reason = "it took longer than a minute"
        if reason:
            skip_or_fail(f"npm cannot install {packages} (it needs the npm registry): {reason}")
        yield Node(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
