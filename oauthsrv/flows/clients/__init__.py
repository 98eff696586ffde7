"""Clients, which pages call apps: registering, changing and reviewing them, their limits and their teams."""
