"""automap."""
