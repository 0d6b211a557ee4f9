"""Run-time half of the expression language: values, operators, filters, functions.

Generated modules import the single names they use from the submodule that owns them, so this
package imports nothing by itself.
"""
