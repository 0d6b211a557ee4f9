"""Where leaf tasks are done: attempts that the engine gives out come here, reports go back."""
