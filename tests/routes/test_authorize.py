"""/oauth/authorize and the consent page."""

import make
import play
from browser import Browser
from oauthsrv.server import Server


def test_the_whole_story_gives_tokens(server: Server, browser: Browser) -> None:
    story = play.tokens(server, browser)
    assert story.is_active()
