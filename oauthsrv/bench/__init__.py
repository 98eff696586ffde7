"""This server's row in the benchmark of OAuth servers."""
