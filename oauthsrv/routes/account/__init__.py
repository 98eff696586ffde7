"""Pages on which a person sees and changes their own account."""
