"""Services by their interfaces on the web: issues and records, jobs that are started and waited for."""
