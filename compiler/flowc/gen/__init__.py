"""Back ends: each turns the intermediate form into something that runs."""
