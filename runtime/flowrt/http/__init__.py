"""One HTTP client, for tasks and for the function `http`."""
