"""The engine of one execution: passes over its task runs, as the Kestra executor makes them."""
