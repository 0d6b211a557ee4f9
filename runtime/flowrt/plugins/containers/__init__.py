"""Containers and clusters, by the programs `docker` and `kubectl`."""
