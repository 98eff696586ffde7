"""create_client(), under the name that the first samples of this client import it by."""

from oauthsrv.client import *  # noqa: F403
