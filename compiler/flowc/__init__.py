"""flowc: an ahead-of-time compiler from Kestra flow YAML to standalone Python."""
