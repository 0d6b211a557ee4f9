"""Running scripts: task runners, processes, the protocol of output lines, Python environments."""
