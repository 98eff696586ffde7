"""/developer: developers' pages about their apps, and the guides."""
