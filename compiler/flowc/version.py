"""The version of the compiler, which generated modules name."""

VERSION = "1.0.0"
