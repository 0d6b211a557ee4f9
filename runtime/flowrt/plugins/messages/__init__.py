"""Messages to people: chat services, alerts, mail."""
