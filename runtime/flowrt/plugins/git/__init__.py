"""Git repositories: cloned, pushed to, and kept in step with namespace files and flows."""
