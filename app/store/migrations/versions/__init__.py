"""One file a step; names start with its number."""
