"""PyYAML's parser, where SnakeYAML has gone another way: names of anchors, escapes, blanks, and some words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml.parser import Parser, ParserError
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken, StreamEndToken

_NAME_ENDS = "\0 \t\r\n\x85\u2028\u2029:,[]{}/.*&"
_BEHIND_NAME = "\0 \t\r\n\x85\u2028\u2029?:,]}%@`"


class _Parser(Reader, Scanner, Parser):
    ESCAPE_REPLACEMENTS = {  # type: ignore[misc]  # noqa: RUF012
        key: value for key, value in Scanner.ESCAPE_REPLACEMENTS.items() if key != "/"
    }
    scan_line_break: Callable[[], str]
    parse_block_node_or_indentless_sequence: Callable[[], Any]

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def next_possible_simple_key(self) -> int | None:
        """The first token that may be a key: they stand in order."""
        return next((key.token_number for key in self.possible_simple_keys.values()), None)

    def stale_possible_simple_keys(self) -> None:
        """Give up those that can be keys no more."""
        keys = self.possible_simple_keys
        while keys:
            level, key = next(iter(keys.items()))
            if key.required:
                super().stale_possible_simple_keys()
                return
            if key.line == self.line and self.index - key.index <= 1024:
                return
            del keys[level]

    def scan_anchor(self, TokenClass: Any) -> Any:
        """An anchor or alias: its name may hold any letter."""
        start = self.get_mark()
        kind = "alias" if self.peek() == "*" else "anchor"
        self.forward()
        length = 0
        while self.peek(length) not in _NAME_ENDS:
            length += 1
        name = self.prefix(length)
        self.forward(length)
        if not length or self.peek() not in _BEHIND_NAME:
            char = self.peek()
            raise ScannerError(
                f"while scanning an {kind}",
                start,
                f"unexpected character found {char}({ord(char)})",
                self.get_mark(),
            )
        return TokenClass(name, start, self.get_mark())

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str]:
        """The blanks behind a word of a plain scalar, and the breaks; tabs are blanks."""
        length = 0
        while self.peek(length) in " \t":
            length += 1
        blanks = self.prefix(length)
        self.forward(length)
        line_break = self.scan_line_break()
        if not line_break:
            return [blanks] if blanks else []
        self.allow_simple_key = True
        if self._document_mark():
            return []
        breaks = []
        while True:
            if self.peek() == " ":
                self.forward()
            elif more := self.scan_line_break():
                breaks.append(more)
                if self._document_mark():
                    return []
            else:
                break
        if line_break != "\n":
            return [line_break, *breaks]
        return breaks or [" "]

    def parse_block_mapping_value(self) -> Any:
        """What follows a key; a scalar is its value, also without a colon."""
        if self.check_token(ScalarToken):
            self.states.append(self.parse_block_mapping_key)
            return self.parse_block_node_or_indentless_sequence()
        return super().parse_block_mapping_value()  # type: ignore[no-untyped-call]

    def parse_document_start(self) -> Any:
        """Directives need no document behind them."""
        try:
            return super().parse_document_start()  # type: ignore[no-untyped-call]
        except ParserError as error:
            if "<document start>" not in str(error.problem) or not self.check_token(StreamEndToken):
                raise
            return super().parse_document_start()  # type: ignore[no-untyped-call]

    def _document_mark(self) -> bool:
        prefix = self.prefix(3)
        return prefix == "---" or (prefix == "..." and self.peek(3) in "\0 \t\r\n\x85\u2028\u2029")


def parser(text: str) -> Any:
    """A parser of a text, with `get_event()`. Raises PyYAML's errors, here and later."""
    return _Parser(text)


_FOUND = re.compile(r"(?<=but found )('(?:[^'\\]|\\.)+'|\"'\")$")
_TOKEN = re.compile(r"(?<=but got )'([^']+)'$")
_NO_TOKEN = re.compile(r"found character (.*) that cannot start any token$", re.S)
_BLANK = re.compile(r"(?<=expected ' ', but found )(.*)$", re.S)
_ESCAPE = re.compile(r"(?<=found unknown escape character )(.*)$", re.S)


def problem_of(said: str) -> str:
    """A problem, or what was done when it turned up, in SnakeYAML's words."""
    from ast import literal_eval

    if said.startswith("while parsing a tag"):
        return "while scanning a tag"

    def char(match: re.Match[str]) -> str:
        text = str(literal_eval(match.group(1)))
        return f"{text}({ord(text)})" if len(text) == 1 else match.group(1)

    if match := _NO_TOKEN.fullmatch(said):
        name = str(literal_eval(match.group(1))).replace("\t", "\\t(TAB)")
        return f"found character '{name}' that cannot start any token. (Do not use {name} for indentation)"
    if match := _BLANK.search(said):
        text = str(literal_eval(match.group(1)))
        return f"expected ' ', but found '{text}' ({ord(text)})"
    if not said.startswith(("expected <", "expected the node", "expected '<", "expected '>")):
        said = _FOUND.sub(char, said)
    return _ESCAPE.sub(char, _TOKEN.sub(r"\1", said))
