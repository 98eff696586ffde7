"""As oauthsrv.client.services, with the providers and the storages."""

from oauthsrv.client import (
    OAUTH_PROVIDERS,
    FileTokenStorage,
    KeyringTokenStorage,
    MemoryTokenStorage,
    OAuthService,
    TokenStorageProtocol,
)

__all__ = [
    "OAUTH_PROVIDERS",
    "FileTokenStorage",
    "KeyringTokenStorage",
    "MemoryTokenStorage",
    "OAuthService",
    "TokenStorageProtocol",
]
