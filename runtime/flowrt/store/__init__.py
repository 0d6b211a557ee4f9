"""The store: executions that outlive their process, in one SQLite file below a folder or in a PostgreSQL database."""
