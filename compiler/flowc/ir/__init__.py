"""The intermediate form of a flow: blocks, branches and loops as data. Imports no pass."""
