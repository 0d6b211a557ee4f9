"""From the intermediate form to Python: the only place that holds Python text and names of the runtime."""
