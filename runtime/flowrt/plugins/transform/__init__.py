"""Values and records changed by expressions: of JSONata, and of the transform tasks' own language."""
