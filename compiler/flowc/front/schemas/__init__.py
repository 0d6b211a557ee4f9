"""Pydantic models of the objects around the tasks. Imported only for flows that have such objects."""
