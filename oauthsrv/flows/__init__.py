"""Use cases: what several handlers and commands share, or what writes to two stores."""
