"""What tasks and expressions rely on: stored files, key-value entries, namespace files, secrets.

Everything lives below one root folder, be it thrown away at the end or kept as a store; no path leaves that root.
"""
