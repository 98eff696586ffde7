"""/admin: the product's own team over apps, users and APIs, and the log of who did what."""
