"""Names of services, and of the variables that belong to them."""

import re

# A name becomes the name of a file: no separators, no leading dot, nothing a file system folds or forbids.
SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_service_name(name: str) -> str:
    """`name` itself; ValueError for one that is no plain word."""
    if not SERVICE_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a service: take up to 64 letters, digits, dots, hyphens and underscores, "
            "a letter or digit first"
        )
    return name


def variable(service: str, what: str) -> str:
    """The environment variable of a service: variable("my-app", "CLIENT_ID") is MY_APP_CLIENT_ID."""
    return re.sub(r"[^A-Z0-9]", "_", service.upper()) + "_" + what
