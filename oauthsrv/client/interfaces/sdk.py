"""create_client(), at the place from which the first samples of this client import it."""

from oauthsrv.client import *  # noqa: F403
