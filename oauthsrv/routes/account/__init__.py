"""What a person sees and changes of their own account, in plain words."""
