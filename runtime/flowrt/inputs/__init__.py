"""Typed inputs and outputs of a flow: their declarations, how values are converted, validated and resolved.

The submodules are imported by name; this package imports nothing by itself.
"""
