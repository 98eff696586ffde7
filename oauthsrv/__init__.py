"""An OAuth 2.1 authorization server that a small product team starts in a minute and trusts for years."""

__version__ = "0.1.0"
