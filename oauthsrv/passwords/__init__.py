"""Passwords: what a new one must be, how they are hashed, and in which order."""
