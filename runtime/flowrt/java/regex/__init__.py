"""Java's regular expressions, run by Python's."""
