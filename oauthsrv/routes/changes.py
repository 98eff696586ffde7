"""What the doors of portal and admin pages share when they change something: who does it, and what is said after."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.audit import Actor
from oauthsrv.routes.visitor import Visitor

pages.DONE.update(
    recorded_only="Recorded, but not yet in force: a database isn’t answering, or there is too much to revoke in one "
    "go. It will take effect on its own; repeat the action to check.",
)


def actor(visitor: Visitor) -> Actor:
    return Actor(visitor.user.user_id, visitor.address)


def changed(path: str, done: str, in_force: bool) -> HTTPResponse:
    """Back to a page that says what was done, or that it is only recorded (rule 8)."""
    return pages.redirect(path, done=done if in_force else "recorded_only")
