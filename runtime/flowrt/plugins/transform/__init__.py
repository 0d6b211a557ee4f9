"""Values and rows changed by expressions of JSONata."""
