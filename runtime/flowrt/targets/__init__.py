"""Flows on the engines of others: what a Kestra run means there. A folder an engine, which alone imports it."""
