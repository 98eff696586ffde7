"""The processes of the server: a parent, and workers that answer requests with waitress."""
