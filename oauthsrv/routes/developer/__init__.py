"""/developer: what a developer does with apps, and the guides."""
