"""From the intermediate form to Python source."""
