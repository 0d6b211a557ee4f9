"""Data formats as the engine reads and writes them: JSON, YAML, Ion."""
