"""Contains `sdk`, from which the first samples of this client import create_client."""
