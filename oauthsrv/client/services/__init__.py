"""OAuthService and its storages, under the name that the first samples of this client import them by."""

from oauthsrv.client import *  # noqa: F403
