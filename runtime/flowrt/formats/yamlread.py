"""A YAML reader: the first document of a text, with the plain scalars of YAML 1.1 as the engine reads them.

An alias stands for its name, `<<` is a plain key, dates and times stay text, and of two equal keys the last wins.
"""

import re
from typing import Any

from flowrt.formats.yamlscalar import MARKED, YamlError, resolve
from flowrt.java.printing import text_of

_FLOW_ENDS = ",[]{}"
_INDICATORS = "#&*!|>'\"%@`,[]{}"
_PROPERTY = re.compile(r"(?:!<[^>\n]*>|[!&][^\s,\[\]{}]*)")
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_TOKENS = {"&": "<anchor>", "*": "<alias>", "!": "<tag>"}
_MARGIN = 37
"""How much of a long line is shown on each side of a place."""
_HEX = {"x": 2, "u": 4, "U": 8}


class _Reader:
    def __init__(self, text: str, strict: bool = False) -> None:
        self.strict = strict
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.at = 0
        #: where the last key or value ends that was read: the place of the library around the reader
        self.read = 0
        #: the blocks around a place: what is being read, and where it began
        self.around: list[tuple[str, int]] = []

    def empty(self, tag: str | None) -> Any:
        """The value where nothing is written."""
        return "" if self.strict and tag is None else resolve("", tag, True)

    def name(self, key: Any, start: int, known: dict[str, Any]) -> str:
        """The name that a key gives to an entry of a map; the key began at `start`, and has just been read."""
        if isinstance(key, (list, dict)):
            kind = "Sequence" if isinstance(key, list) else "Mapping"
            raise YamlError(
                "Expected a field name (Scalar value in YAML), got this instead: <org.yaml.snakeyaml.events."
                f"{kind}StartEvent(anchor=null, tag=null, implicit=true)>{_source(self.text, start + 1)}"
            )
        name = "" if key is None else text_of(key)
        if self.strict and name in known:
            raise YamlError(f"Duplicate field '{name}'{_source(self.text, self.read)}")
        return name

    # -- places

    def fail(self, problem: str, context: str = "", start: int | None = None) -> YamlError:
        """What is wrong here, and what was being read: since `start`, where that is known."""
        said = f"{context}\n" if context else ""
        if start is not None:
            said += _mark(self.text, start)
        said += f"{problem}\n{_mark(self.text, self.at)}{_source(self.text, self.read)}"
        return YamlError(said, MARKED)

    def token(self) -> str:
        """What stands here, as messages name it."""
        char = self.char()
        if not char:
            return "<stream end>"
        return _TOKENS.get(char, char if char in ",[]{}:?-" else "<scalar>")

    def column(self) -> int:
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    def char(self, offset: int = 0) -> str:
        return self.text[self.at + offset : self.at + offset + 1]

    def blank(self, offset: int = 0) -> bool:
        char = self.char(offset)
        return not char or char in " \t\n"

    def skip_line_space(self) -> None:
        """Blanks and a comment, up to the end of the line."""
        while self.char() and self.char() in " \t":
            self.at += 1
        if self.char() == "#" and (self.at == 0 or self.text[self.at - 1] in " \t\n"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def skip(self) -> None:
        """Everything up to the next content."""
        while True:
            self.skip_line_space()
            if self.char() != "\n":
                break
            self.at += 1
        if self.char() and self.text[self.at - self.column() : self.at].strip(" "):
            line = self.text[self.at - self.column() : self.at]
            if "\t" in line and not line.strip():
                self.at -= len(line) - line.index("\t")
                raise self.no_token("\\t(TAB)", "\\t(TAB)")

    def unexpected(self, context: str, start: int) -> YamlError:
        """A name is missing."""
        char = self.char() or "\0"
        return self.fail(f"unexpected character found {char}({ord(char)})", context, start)

    def no_token(self, char: str, name: str) -> YamlError:
        """A character that begins nothing."""
        problem = f"found character '{char}' that cannot start any token. (Do not use {name} for indentation)"
        return self.fail(problem, "while scanning for the next token")

    def document_mark(self) -> str:
        """`---` or `...` when one stands here, at the beginning of a line."""
        mark = self.text[self.at : self.at + 3]
        return mark if mark in ("---", "...") and self.column() == 0 and self.blank(3) else ""

    def done(self) -> bool:
        return not self.char() or self.document_mark() != ""

    # -- documents

    def document(self) -> Any:
        self.skip()
        while self.char() == "%" and self.column() == 0:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            self.skip()
        explicit = self.document_mark() == "---"
        if explicit:
            self.at += 3
            start = self.at
            self.skip_line_space()
            if self.char() and self.char() != "\n":
                return self.value(-1, True)
            self.at = start
            self.skip()
            if self.done():
                return None
        elif self.done():
            raise YamlError("No content to map due to end-of-input")
        # What follows the first value is not looked at.
        return self.block(-1)

    # -- block nodes

    def properties(self) -> str | None:
        """Skips anchors; the tag when there is one."""
        tag: str | None = None
        while self.char() in ("!", "&"):
            match = _PROPERTY.match(self.text, self.at)
            assert match is not None
            if match.group()[0] == "!":
                tag = match.group()
            elif len(match.group()) == 1:
                start, self.at = self.at, self.at + 1
                raise self.unexpected("while scanning an anchor", start)
            self.at = match.end()
            if not self.blank() and self.char() not in _FLOW_ENDS:
                raise self.fail("unexpected character after a tag or an anchor")
            while self.char() and self.char() in " \t":
                self.at += 1
        return tag

    def value(self, parent: int, compact: bool, list_at_parent: bool = False) -> Any:
        """A node after an indicator, on the same line or below; deeper than `parent`."""
        while self.char() == " ":
            self.at += 1
        if self.char() == "\t":
            raise self.no_token("\\t(TAB)", "\\t(TAB)")
        start = self.at
        tag = self.properties()
        rest = self.at
        self.skip_line_space()
        if not self.char() or self.char() == "\n":
            self.skip()
            column = self.column()
            dash = self.char() == "-" and self.blank(1)
            if self.done() or not (
                column > parent or (list_at_parent and dash and column == parent)
            ):
                return self.empty(tag)
            return self.block(parent, tag)
        self.at = rest
        if compact and (self.is_key() or (self.char() in ("-", "?") and self.blank(1))):
            # properties belong to the first key of a collection on the same line
            self.at = start if tag is None else rest
            return self.block(parent, None)
        return self.content(parent, tag)

    def block(self, parent: int, tag: str | None = None) -> Any:
        """A node that begins here and is deeper than `parent`."""
        column = self.column()
        if self.char() == "-" and self.blank(1):
            return self.sequence(column, column == parent)
        if (self.char() == "?" and self.blank(1)) or self.is_key():
            return self.mapping(column)
        start = self.at
        if tag is None and self.char() in ("!", "&"):
            tag = self.properties()
            if self.char() == "\n" or not self.char() or self.char() == "#":
                self.skip()
                if self.done() or self.column() <= parent:
                    return self.empty(tag)
                return self.block(parent, tag)
            if self.is_key():
                self.at = start
                return self.mapping(column)
        return self.content(parent, tag)

    def sequence(self, column: int, at_parent: bool) -> list[Any]:
        """A list of entries at a column; `at_parent`: as deep as the key it belongs to."""
        start = self.read = self.at
        items: list[Any] = []
        while True:
            self.at += 1
            self.around.append(("while parsing a block collection", start))
            items.append(self.value(column, True))
            self.around.pop()
            self.skip()
            if self.done() or self.column() < column:
                self.read = self.at
                return items
            if self.column() > column:
                raise self.no_end("while parsing a block collection", start, column)
            if not (self.char() == "-" and self.blank(1)):
                if at_parent:
                    self.read = self.at
                    return items
                raise self.no_end("while parsing a block collection", start, column)

    def no_end(self, context: str, start: int, column: int) -> YamlError:
        """Something follows inside a block, whose entries stand at a column, that is none of them."""
        deeper = self.column() > column
        if self.char() == "-" and self.blank(1):
            found = "<block sequence start>" if deeper else "-"
        elif self.is_key():
            found = "<block mapping start>" if deeper else "?"
        else:
            found = self.token()
        return self.fail(f"expected <block end>, but found '{found}'", context, start)

    def mapping(self, column: int) -> dict[str, Any]:
        start = self.at
        out: dict[str, Any] = {}
        while True:
            at = self.at
            if self.char() == "?" and self.blank(1):
                self.at += 1
                key = self.name(self.value(column, True), at + 2, out)
                self.skip()
                value = self.empty(None)
                if self.column() == column and self.char() == ":" and self.blank(1):
                    self.at += 1
                    value = self.value(column, True)
            elif self.is_key():
                key = self.name(self.key(), at, out)
                self.around.append(("while parsing a block mapping", start))
                value = self.value(column, False, list_at_parent=True)
                self.around.pop()
            else:
                end = self.text.find("\n", at)
                self.at = len(self.text) if end < 0 else end + 1
                raise self.fail("could not find expected ':'", "while scanning a simple key", at)
            out[key] = value
            self.skip()
            if self.done() or self.column() < column:
                self.read = self.at
                return out
            if self.column() > column or (self.char() == "-" and self.blank(1)):
                raise self.no_end("while parsing a block mapping", start, column)

    def is_key(self) -> bool:
        """Whether a simple key and its colon stand here, on one line."""
        start, read = self.at, self.read
        try:
            self.properties()
            char = self.char()
            if char in ("'", '"'):
                line = self.text.count("\n", 0, self.at)
                self.quoted(char)
                if self.text.count("\n", 0, self.at) != line:
                    return False
            elif char in ("[", "{"):
                self.flow()
            elif char == "*":
                self.alias()
            else:
                return self._plain_key()
            while self.char() and self.char() in " \t":
                self.at += 1
            return self.char() == ":" and self.blank(1)
        except YamlError:
            return False
        finally:
            self.at, self.read = start, read

    def _plain_key(self) -> bool:
        char = self.char()
        if char == ":" and self.blank(1):
            return True
        if not self.plain_start(False):
            return False
        end = self.text.find("\n", self.at)
        line = self.text[self.at :] if end < 0 else self.text[self.at : end]
        match = re.search(r":(?=[ \t]|\Z)|(?<=[ \t])#", line)
        return match is not None and match.group() == ":"

    def key(self) -> Any:
        tag = self.properties()
        char = self.char()
        if char in ("'", '"'):
            key = resolve(self.quoted(char), tag, False)
        elif char in ("[", "{"):
            key = self.flow()
        elif char == "*":
            key = self.alias()
        else:
            end = re.compile(r"[ \t]*:(?=[ \t\n]|\Z)").search(self.text, self.at)
            assert end is not None
            key = self.text[self.at : end.start()]
            self.at = end.start()
        self.read = self.at
        while self.char() and self.char() in " \t":
            self.at += 1
        self.at += 1
        return key

    def content(self, parent: int, tag: str | None) -> Any:
        """A scalar, an alias or a flow collection."""
        char = self.char()
        if char in ("|", ">"):
            return resolve(self.block_scalar(parent), tag, False)
        if char in ("[", "{"):
            value = self.flow()
        elif char in ("'", '"'):
            value = resolve(self.quoted(char), tag, False)
        elif char == "*":
            value = self.alias()
        else:
            if not self.plain_start(False):
                raise self.no_token(char, char)
            return resolve(self.plain(parent, False), tag, True)
        self.skip_line_space()
        if parent >= 0 and self.char() and self.char() != "\n":
            problem = f"expected <block end>, but found '{self.token()}'"
            raise self.fail(problem, *self.around[-1])
        return value

    def alias(self) -> str:
        match = re.compile(r"\*([^\s,\[\]{}]+)").match(self.text, self.at)
        if match is None:
            start, self.at = self.at, self.at + 1
            raise self.unexpected("while scanning an alias", start)
        self.at = match.end()
        return match.group(1)

    # -- scalars

    def plain_start(self, flow: bool) -> bool:
        char = self.char()
        if not char or char in _INDICATORS:
            return False
        if char in "-?:":
            return not self.blank(1) and not (flow and self.char(1) in _FLOW_ENDS)
        return True

    def plain(self, parent: int, flow: bool) -> str:
        out = ""
        breaks = 0
        while True:
            start = end = self.at
            while self.char() and self.char() != "\n":
                char = self.char()
                if char == ":" and (self.blank(1) or (flow and self.char(1) in _FLOW_ENDS)):
                    break
                if char == "#" and self.text[self.at - 1] in " \t":
                    break
                if flow and char in _FLOW_ENDS:
                    break
                self.at += 1
                if char not in " \t":
                    end = self.read = self.at
            if end > start:
                out += ("" if not out else "\n" * (breaks - 1) if breaks > 1 else " ") + self.text[
                    start:end
                ]
            if self.char() == ":" and not flow:
                if parent < 0:
                    return out  # the first value is read, and nothing behind it
                raise self.fail("mapping values are not allowed here")
            if self.char() != "\n":
                return out
            rest = self.at
            breaks = 0
            while self.char() == "\n":
                breaks += 1
                self.at += 1
                while self.char() and self.char() in " \t":
                    self.at += 1
            if self.done() or self.char() == "#" or (not flow and self.column() <= parent):
                self.at = rest
                return out
            if flow and self.char() in _FLOW_ENDS:
                return out

    def quoted(self, quote: str) -> str:
        start = self.at
        self.at += 1
        out = ""
        while True:
            char = self.char()
            if not char or (self.column() == 0 and self.document_mark()):
                raise self.fail(
                    "found unexpected end of stream", "while scanning a quoted scalar", start
                )
            if char == quote:
                if quote == "'" and self.char(1) == "'":
                    out += "'"
                    self.at += 2
                    continue
                self.at += 1
                self.read = self.at
                return out
            if char == "\\" and quote == '"':
                out += self.escape(start)
            elif char in " \t\n":
                out += self.folded_space()
            else:
                out += char
                self.at += 1

    def folded_space(self) -> str:
        start = self.at
        while self.char() and self.char() in " \t":
            self.at += 1
        if self.char() != "\n":
            return self.text[start : self.at]
        breaks = 0
        while self.char() and self.char() in " \t\n":
            if self.char() == "\n":
                breaks += 1
            self.at += 1
        return " " if breaks == 1 else "\n" * (breaks - 1)

    def escape(self, start: int) -> str:
        char = self.char(1)
        self.at += 2
        if char in _HEX:
            digits = self.text[self.at : self.at + _HEX[char]]
            self.at += _HEX[char]
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise self.fail("while scanning a double-quoted scalar: bad escape") from None
        if char == "\n":
            while self.char() and self.char() in " \t\n":
                self.at += 1
            return ""
        if char not in _ESCAPES or not char:
            self.at -= 1
            char = char or "\0"
            problem = f"found unknown escape character {char}({ord(char)})"
            raise self.fail(problem, "while scanning a double-quoted scalar", start)
        return _ESCAPES[char]

    def block_scalar(self, parent: int) -> str:
        folded = self.char() == ">"
        start = self.at
        self.at += 1
        chomp, indent = "", 0
        while self.char() and self.char() not in " \t\n":
            char = self.char()
            if char in "+-" and not chomp:
                chomp = char
            elif char in "123456789" and not indent:
                indent = max(parent, 0) + int(char)
            else:
                problem = (
                    f"expected chomping or indentation indicators, but found {char}({ord(char)})"
                )
                raise self.fail(problem, "while scanning a block scalar", start)
            self.at += 1
        self.skip_line_space()
        if self.char() and self.char() != "\n":
            raise self.fail("expected a comment or a line break")
        self.at += 1
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            body = line.lstrip(" ")
            width = len(line) - len(body)
            if not indent and body:
                indent = max(width, parent + 1)
                if width < parent + 1:
                    break
            if (body and width < indent) or (
                parent < 0 and line[:3] in ("---", "...") and not line[3:4].strip()
            ):
                break
            lines.append(line[indent:] if indent else "")
            self.at = min(end + 1, len(self.text))
        trailing = 0
        while lines and not lines[-1]:
            lines.pop()
            trailing += 1
        text = _fold(lines) if folded else "\n".join(lines)
        ended = self.text[: self.at].endswith("\n")
        if chomp == "+":
            return text + "\n" * (trailing + (1 if lines and ended else 0))
        return text + ("\n" if lines and not chomp and ended else "")

    # -- flow collections

    def flow_space(self) -> None:
        while True:
            self.skip_line_space()
            if self.char() != "\n":
                return
            self.at += 1

    def flow(self) -> Any:
        opening = self.char()
        start = self.at
        self.at += 1
        self.read = self.at
        value = self.flow_list(start) if opening == "[" else self.flow_map(start)
        self.read = self.at
        return value

    def flow_list(self, start: int) -> list[Any]:
        items: list[Any] = []
        while True:
            self.flow_space()
            if self.char() == "]":
                self.at += 1
                return items
            at = self.at
            key = self.flow_node()
            on_one_line = "\n" not in self.text[at : self.at]
            self.flow_space()
            if self.char() == ":" and on_one_line:
                name = self.name(key, at, {})
                self.at += 1
                self.flow_space()
                value = self.empty(None) if self.char() in (",", "]") else self.flow_node()
                items.append({name: value})
                self.flow_space()
            else:
                items.append(key)
            self.separator("]", start)

    def flow_map(self, start: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while True:
            self.flow_space()
            if self.char() == "}":
                self.at += 1
                return out
            if self.char() == "?" and self.blank(1):
                self.at += 1
                self.flow_space()
            at = self.at
            key = self.name(self.flow_key(), at, out)
            self.flow_space()
            value = self.empty(None)
            if self.char() == ":":
                self.at += 1
                self.flow_space()
                value = self.empty(None) if self.char() in (",", "}") else self.flow_node()
                self.flow_space()
            out[key] = value
            self.separator("}", start)

    def separator(self, closing: str, start: int) -> None:
        if self.char() == ",":
            self.at += 1
        elif self.char() != closing:
            kind = "sequence" if closing == "]" else "mapping"
            raise self.fail(
                f"expected ',' or '{closing}', but got {self.token()}",
                f"while parsing a flow {kind}",
                start,
            )

    def flow_key(self) -> Any:
        if self.plain_start(True):
            return self.plain(-1, True)
        return self.flow_node()

    def flow_node(self) -> Any:
        tag = self.properties()
        self.flow_space()
        char = self.char()
        if char in ("[", "{"):
            return self.flow()
        if char in ("'", '"'):
            return resolve(self.quoted(char), tag, False)
        if char == "*":
            return self.alias()
        if tag is not None and (not char or char in ",]}"):
            return self.empty(tag)
        if not self.plain_start(True):
            problem = f"expected the node content, but found '{self.token()}'"
            raise self.fail(problem, "while parsing a flow node", self.at)
        return resolve(self.plain(-1, True), tag, True)


def _mark(text: str, at: int) -> str:
    """A place with its line and, below it, an arrow; of a long line what is around the place."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    head, tail = "", ""
    if at - start > _MARGIN:
        head, start = " ... ", at - _MARGIN + 5
    if end - at > _MARGIN:
        tail, end = " ... ", at + _MARGIN - 5
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    arrow = " " * (4 + at - start + len(head))
    return (
        f" in 'reader', line {line}, column {column}:\n"
        f"    {head}{text[start:end]}{tail}\n{arrow}^\n"
    )


def _source(text: str, at: int) -> str:
    """A place in the words of the library around the reader."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"\n at [Source: (StringReader); line: {line}, column: {column}]"


def _fold(lines: list[str]) -> str:
    """Folded lines: single breaks become blanks, but not around lines that are indented further."""
    out = ""
    breaks = 0
    previous = ""
    for line in lines:
        if not line:
            breaks += 1
            continue
        indented = line[0] in " \t"
        if not previous:
            out += "\n" * breaks
        elif breaks:
            out += "\n" * (breaks + (indented or previous[0] in " \t"))
        else:
            out += "\n" if indented or previous[0] in " \t" else " "
        out += line
        previous, breaks = line, 0
    return out


def parse_yaml(text: str, *, strict: bool = False) -> Any:
    """The first document of a text. Raises YamlError, also for an empty text.

    `strict` is how inputs and outputs of type YAML are read: equal keys are refused, a value that is not written is an
    empty text.
    """
    try:
        return _Reader(text, strict).document()
    except RecursionError:
        raise YamlError("nested too deeply") from None
