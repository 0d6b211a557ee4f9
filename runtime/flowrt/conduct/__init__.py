"""Flows conducted in an event loop: the coroutines of blocks are awaited, so control flow is that of the file."""
