"""Prefect 3: a flow function with typed parameters, its blocks as coroutines, its tasks as task runs of Prefect."""
