"""The program that a generated module is: its command line, its console, its exit codes."""
