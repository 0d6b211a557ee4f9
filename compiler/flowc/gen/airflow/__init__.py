"""Airflow 3: a DAG of operators for the flow, and blocks that a DAG cannot say as one step each."""
