"""Pieces of generated Python: their text, how tightly they bind, what is known of their value."""

from typing import NamedTuple

# how tightly a piece of Python binds, loosest first
LAMBDA, IF, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(10)


class Code(NamedTuple):
    """A Python expression.

    `kind` is what its value surely is: `bool`, `text`, `int` or `number`; empty where that is open.
    `raises`: on the exact path it may raise by itself (`if … else`, `and`, `or`, `not` ask for a
    truth), rather than give a failure as a value.
    """

    source: str
    level: int = ATOM
    kind: str = ""
    raises: bool = False

    def within(self, level: int) -> str:
        """The source, in parentheses where it binds more loosely than that."""
        return self.source if self.level >= level else f"({self.source})"


def free_name(name: str, taken: frozenset[str]) -> str:
    """The name under which a helper is imported: its own, unless the module uses that for something else."""
    while name in taken:
        name += "_"
    return name
