"""What the Java library does: kinds of values, their texts, their failures; knows nothing of flows."""
