"""Clients, called apps on pages: registering, changing and reviewing them, their limits and their teams."""
