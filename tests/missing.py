"""For what a machine may lack: a skip that says what to install, a failure where everything must run."""

from __future__ import annotations

import os

import pytest


def skip_or_fail(reason: str) -> None:
    if os.environ.get("OAUTHSRV_TEST_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
