"""OAuthService and its storages, at the place from which the first samples of this client import them."""

from oauthsrv.client import *  # noqa: F403
