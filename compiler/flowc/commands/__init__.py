"""The commands of `flowc`, one module each."""
