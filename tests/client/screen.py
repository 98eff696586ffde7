"""What a person sees of a login."""

from __future__ import annotations

import io

from oauthsrv.client import (
    Failure,
    Terminal,
)


class Screen(Terminal):
    """Keeps what a person would see."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())

    @property
    def shown(self) -> list[str]:
        assert isinstance(self.addresses, io.StringIO)
        return self.addresses.getvalue().splitlines()

    @property
    def said(self) -> str:
        assert isinstance(self.messages, io.StringIO)
        return self.messages.getvalue()


def failure(result: object) -> Failure:
    assert isinstance(result, Failure), result
    return result
