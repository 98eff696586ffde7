"""The protocol as plain functions: values in; values out, or an OAuthError. No Bottle, no database, no clock."""
