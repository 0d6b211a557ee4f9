"""The tasks of Kestra's plugins, a folder a family: what its types share, and `types.py`, the table of them."""
