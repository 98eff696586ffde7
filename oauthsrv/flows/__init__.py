"""Use cases: operations that several handlers and commands share, or that write to two stores."""
