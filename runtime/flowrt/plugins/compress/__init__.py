"""Archives, compressed files, and files encrypted with a password."""
