"""The pages of sharing: a module for each noun."""
