"""create_client(), under the name that the first samples of this client import it by."""

from oauthsrv.client import Client, OAuthClient, create_client

__all__ = ["Client", "OAuthClient", "create_client"]
