"""State: the only room that knows PostgreSQL and Redis."""


class StoreUnavailable(Exception):
    """PostgreSQL or Redis cannot be asked right now; doors answer 503 with Retry-After."""


class CannotStart(Exception):
    """What PostgreSQL or Redis refuses: one line that names the setting, the reason, and what to do."""
