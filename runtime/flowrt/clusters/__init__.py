"""Leaf tasks on the machines of a cluster: a parcel goes there, what is said and the answer come back."""
