"""Messages to chat services."""
