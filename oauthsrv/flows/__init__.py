"""Stories that two doors tell, or that write to two stores."""
