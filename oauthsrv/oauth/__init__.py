"""The protocol as functions that take and return values, or raise an OAuthError. No Bottle, database or clock."""
