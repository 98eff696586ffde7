"""The same as oauthsrv.client.services."""

from oauthsrv.client import *  # noqa: F403
