"""Flowables: one module each, with the declaration and the rules of what runs next and how it ends."""
