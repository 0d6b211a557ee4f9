"""The expression language: a template, its tree, and what can be told of it before it is rendered."""

from flowc.expr.analysis import Parsed, Problem, Reference, constant, read_template

__all__ = ["Parsed", "Problem", "Reference", "constant", "read_template"]
