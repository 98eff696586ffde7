"""Holds `sdk`, the name that the first samples of this client import create_client by."""
