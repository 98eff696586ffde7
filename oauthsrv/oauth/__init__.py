"""The protocol, pure: values in; values out, or an OAuthError. No Bottle, no databases, and `now` is handed in."""
