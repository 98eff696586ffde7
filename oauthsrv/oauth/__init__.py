"""The protocol as functions of values that return values or raise an OAuthError. No Bottle, database or clock."""
