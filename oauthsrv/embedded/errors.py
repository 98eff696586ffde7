"""What went wrong with the databases we start ourselves, in words for the person who started us."""


class EmbeddedError(Exception):
    """Says what is wrong and what to do; shown as it is."""
