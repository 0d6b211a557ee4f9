"""flowrt: the runtime library that compiled flows call. Standard library only."""
