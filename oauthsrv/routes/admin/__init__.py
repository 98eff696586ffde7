"""/admin: pages for the product's own team about apps, users, APIs, and the log of who did what."""
