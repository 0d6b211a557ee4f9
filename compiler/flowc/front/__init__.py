"""From YAML text to a positioned model of the flow, with every problem of the file reported at once."""
