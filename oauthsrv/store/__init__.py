"""State: the only room that knows PostgreSQL and Redis."""


class StoreUnavailable(Exception):
    """PostgreSQL or Redis cannot be asked right now; doors answer 503 with Retry-After."""
