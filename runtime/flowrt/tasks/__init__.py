"""Leaf tasks: one class a Kestra task type, which declares its properties and does its work."""
