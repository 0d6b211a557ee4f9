"""From Java's regular expressions to those of :mod:`re`."""

from typing import NamedTuple

from flowrt.java.errors import RawError
from flowrt.java.regex.classes import unicode_ranges

_ENDLESS = 2**31
_MANY = 50
"""Repetitions that are as good as unbounded ones."""
_FEW = 3
"""Repetitions up to which what is repeated cannot keep anybody busy."""


class Translated(NamedTuple):
    """A pattern for :mod:`re`, with what makes it dangerous."""

    pattern: str
    #: an unbounded repetition (or alternatives) stands inside another one
    nested: bool
    #: unbounded repetitions in a row
    repetitions: int


_TERMINATORS = "\\n\\r\\x85\\u2028\\u2029"

_CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": " \\t\\n\\x0b\\f\\r",
    "h": " \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000\\t",
    "v": "\\n\\x0b\\f\\r\\x85\\u2028\\u2029",
}

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": "\\x00-\\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1f\\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": " \\t\\n\\x0b\\f\\r",
}

_CONTROLS = {"t": "\\t", "n": "\\n", "r": "\\r", "f": "\\f", "a": "\\x07", "e": "\\x1b"}


def _literal(char: str) -> str:
    """A character that means itself, outside and inside of a class."""
    code = ord(char)
    if (char.isalnum() and code < 128) or char == "_" or code > 0xFFFF:
        return char
    if code < 128 and char.isprintable() and char != " ":
        return "\\" + char
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


class _Translator:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: dict[str, int] = {}
        self.groups = 0
        self.nested = False
        self.optional = 0
        self.repetitions = 0

    def fail(self, message: str) -> RawError:
        return RawError(
            f"{message} near index {min(self.at, len(self.text))}\n{self.text}",
            "java.util.regex.PatternSyntaxException",
        )

    def peek(self, size: int = 1) -> str:
        return self.text[self.at : self.at + size]

    def take(self, count: int = 1) -> str:
        part = self.text[self.at : self.at + count]
        if len(part) < count:
            raise self.fail("Unexpected end of pattern")
        self.at += count
        return part

    # -- sequences

    def sequence(self, flags: str, top: bool) -> tuple[str, bool]:
        """Alternatives up to the end of the group, and whether they hold an unbounded repetition."""
        out: list[str] = []
        opened = 0
        unbounded = alternatives = False
        own = flags
        scopes: list[str] = []
        while self.at < len(self.text):
            char = self.peek()
            if char == ")":
                if top:
                    raise self.fail("Unmatched closing ')'")
                break
            if char == "|":
                self.at += 1
                alternatives = True
                out.append(")" * opened + "|" + "".join(scopes))
                continue
            if "x" in own and (char.isspace() or char == "#"):
                self.skip_comment(char)
                continue
            changed = self.inline_flags(own)
            if changed is not None:
                own = changed
                scope = _scope(own)
                scopes.append(scope)
                out.append(scope)
                opened += 1
                continue
            optional = self.optional
            atom, inner = self.atom(own)
            repeated, infinite, often = self.quantifier(own)
            counted = often and "{" in repeated
            self.optional += repeated[:1] == "?"
            self.nested |= (inner and often) or (self.optional > optional and counted)
            if infinite:
                self.repetitions += 1
            unbounded |= infinite or inner
            # a group keeps a repetition from binding to the last character only
            out.append(atom + repeated)
        out.append(")" * opened)
        return "".join(out), unbounded or alternatives

    def skip_comment(self, char: str) -> None:
        if char != "#":
            self.at += 1
            return
        while self.at < len(self.text) and self.peek() not in "\n\r":
            self.at += 1

    def inline_flags(self, flags: str) -> str | None:
        """The flags after `(?imsx-imsx)`; None when no such thing stands here."""
        if self.peek(2) != "(?":
            return None
        end = self.at + 2
        while self.text[end : end + 1] and self.text[end] in "idmsuxU-":
            end += 1
        if self.text[end : end + 1] != ")" or end == self.at + 2:
            return None
        change = self.text[self.at + 2 : end]
        self.at = end + 1
        return _changed(flags, change)

    def quantifier(self, flags: str) -> tuple[str, bool, bool]:
        """How often the atom before is repeated, whether without a bound, and whether often enough to matter for what it holds."""
        out, infinite, often = "", False, False
        while self.at < len(self.text):
            char = self.peek()
            if "x" in flags and (char.isspace() or char == "#"):
                self.skip_comment(char)
                continue
            if char in "*+?":
                self.at += 1
                text, most = char, 1 if char == "?" else _ENDLESS
            elif char == "{":
                text, most = self.counted()
            else:
                break
            mode = self.peek()
            if mode and mode in "?+":
                self.at += 1
                text += mode
            if out:
                raise self.fail("Dangling meta character '" + char + "'")
            out = text
            varies = char != "{" or "," in text
            infinite = varies and most > _MANY and mode != "+"
            often = most > _FEW and mode != "+"
        return out, infinite, often

    def counted(self) -> tuple[str, int]:
        """The text of a counted repetition, and how often it may repeat."""
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, self.at)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise self.fail("Illegal repetition")
        if len(low) > 10 or len(high) > 10:
            raise self.fail("Illegal repetition range")
        if high and int(high) < int(low):
            raise self.fail("Illegal repetition range")
        text = self.text[self.at : end + 1]
        self.at = end + 1
        return text, int(high or low) if high or not comma else _ENDLESS

    # -- atoms

    def atom(self, flags: str) -> tuple[str, bool]:
        """One thing a quantifier may follow, and whether it holds an unbounded repetition."""
        char = self.take()
        if char == "(":
            return self.group(flags)
        if char == "[":
            return self.char_class(flags), False
        if char == "\\":
            return self.escape(flags), False
        if char == ".":
            if "s" in flags:
                return "[\\s\\S]", False
            return ("[^\\n]" if "d" in flags else f"[^{_TERMINATORS}]"), False
        if char == "^":
            if "m" in flags:
                return f"(?:(?:\\A|(?<=[{_TERMINATORS}]))(?<!\\r(?=\\n))(?=[\\s\\S])|\\A)", False
            return "\\A", False
        if char == "$":
            if "m" in flags:
                return f"(?=[{_TERMINATORS}]|\\Z)(?<!\\r(?=\\n))", False
            return f"(?=(?:\\r\\n|[{_TERMINATORS}])?\\Z)", False
        if char in "*+?":
            raise self.fail(f"Dangling meta character '{char}'")
        if char == "{":
            raise self.fail("Illegal repetition")
        return _literal(char), False

    def group(self, flags: str) -> tuple[str, bool]:
        opening = "("
        if self.peek() == "?":
            self.at += 1
            char = self.take()
            if char in ":=!>":
                opening = "(?" + char
            elif char == "<" and self.peek() in ("=", "!"):
                opening = "(?<" + self.take()
            elif char == "<":
                end = self.text.find(">", self.at)
                name = self.text[self.at : max(end, self.at)]
                if not (name.isascii() and name.isalnum() and name[0].isalpha()):
                    raise self.fail("named capturing group is missing trailing '>'")
                if name in self.names:
                    raise self.fail(f"Named capturing group <{name}> is already defined")
                self.at = end + 1
                self.groups += 1
                self.names[name] = self.groups
                opening = f"(?P<{name}>"
            else:
                self.at -= 1
                end = self.at
                while self.text[end : end + 1] and self.text[end] in "idmsuxU-":
                    end += 1
                if self.text[end : end + 1] != ":":
                    raise self.fail("Unknown inline modifier")
                flags = _changed(flags, self.text[self.at : end])
                opening = _scope(flags)
                self.at = end + 1
        else:
            self.groups += 1
        body, unbounded = self.sequence(flags, False)
        if self.peek() != ")":
            raise self.fail("Unclosed group")
        self.at += 1
        return f"{opening}{body})", unbounded and opening != "(?>"

    def escape(self, flags: str) -> str:
        char = self.take()
        if char == "Q":
            return self.quoted()
        if char in _CLASSES:
            return f"[{_CLASSES[char]}]"
        if char.lower() in _CLASSES:
            return f"[^{_CLASSES[char.lower()]}]"
        if char in "pP":
            return self.property(char == "P")
        if char == "b":
            if self.peek(3) == "{g}":
                raise self.fail("\\b{g} is not supported")
            return "(?:(?<![a-zA-Z0-9_])(?=[a-zA-Z0-9_])|(?<=[a-zA-Z0-9_])(?![a-zA-Z0-9_]))"
        if char == "B":
            return "(?:(?<![a-zA-Z0-9_])(?![a-zA-Z0-9_])|(?<=[a-zA-Z0-9_])(?=[a-zA-Z0-9_]))"
        if char == "A":
            return "\\A"
        if char == "z":
            return "\\Z"
        if char == "Z":
            return f"(?=(?:\\r\\n|[{_TERMINATORS}])?\\Z)"
        if char == "R":
            return "(?:\\r\\n|[\\n\\x0b\\f\\r\\x85\\u2028\\u2029])"
        if char == "k":
            if self.take() != "<":
                raise self.fail("\\k is not followed by '<' for named capturing group")
            end = self.text.find(">", self.at)
            name = self.text[self.at : max(end, self.at)]
            if name not in self.names:
                raise self.fail(f"named capturing group <{name}> does not exist")
            self.at = end + 1
            return f"(?P={name})"
        if "1" <= char <= "9":
            return self.back_reference(char)
        return self.escaped_char(char)

    def back_reference(self, digits: str) -> str:
        while self.peek().isdigit() and int(digits + self.peek()) <= self.groups:
            digits += self.take()
        # a group that is not there, or not yet closed, never matches
        return f"(?:\\{digits})" if int(digits) <= self.groups else "(?!)"

    def quoted(self) -> str:
        end = self.text.find("\\E", self.at)
        body = self.text[self.at :] if end < 0 else self.text[self.at : end]
        self.at = len(self.text) if end < 0 else end + 2
        # a quantifier behind it repeats the last character alone
        return "".join(map(_literal, body)) or "(?:)"

    def escaped_char(self, char: str) -> str:
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "0":
            digits = ""
            while len(digits) < 3 and self.peek() and self.peek() in "01234567":
                if len(digits) == 2 and digits[0] > "3":
                    break
                digits += self.take()
            if not digits:
                raise self.fail("Illegal octal escape sequence")
            return _literal(chr(int(digits, 8)))
        if char == "x" and self.peek() == "{":
            end = self.text.find("}", self.at)
            return _literal(self.code(self.text[self.at + 1 : max(end, self.at)], end + 1))
        if char in "xu":
            size = 2 if char == "x" else 4
            return _literal(self.code(self.take(size), self.at))
        if char == "c":
            return _literal(chr(ord(self.take()) ^ 64))
        if char.isascii() and char.isalpha():
            raise self.fail("Illegal/unsupported escape sequence")
        return _literal(char)

    def code(self, digits: str, end: int) -> str:
        try:
            char = chr(int(digits, 16))
        except (ValueError, OverflowError):
            raise self.fail("Illegal hexadecimal escape sequence") from None
        self.at = end
        return char

    def property(self, negative: bool) -> str:
        if self.peek() == "{":
            end = self.text.find("}", self.at)
            if end < 0:
                raise self.fail("Unclosed character family")
            name = self.text[self.at + 1 : end]
            self.at = end + 1
        else:
            name = self.take()
        ranges = _POSIX.get(name) or unicode_ranges(name)
        if ranges is None:
            raise self.fail(f"Unknown character property name {{{name}}}")
        return f"[{'^' if negative else ''}{ranges}]"

    # -- classes

    def char_class(self, flags: str) -> str:
        """A class, as a fragment that matches one character; the opening bracket is read already."""
        negative = self.peek() == "^"
        if negative:
            self.at += 1
        operands: list[str] = []
        items = ""
        others: list[str] = []
        first = True
        while True:
            if self.at >= len(self.text):
                raise self.fail("Unclosed character class")
            char = self.take()
            if char == "]" and not (first and not operands):
                break
            first = False
            if char == "&" and self.peek() == "&":
                self.at += 1
                if items or others:
                    operands.append(_union(items, others))
                items, others = "", []
                continue
            if char == "[":
                others.append(self.char_class(flags))
                continue
            if "x" in flags and char.isspace():
                continue
            single, more = self.class_item(char)
            if more is not None:
                if more.startswith("[^"):
                    others.append(more)
                else:
                    items += more[1:-1]
                continue
            items += single
            if self.peek() == "-" and self.peek(2) not in ("-]", "-["):
                self.at += 1
                high, more = self.class_item(self.take())
                if more is not None:
                    raise self.fail("Illegal character range")
                items += "-" + high
        if items or others or not operands:
            operands.append(_union(items, others))
        result = operands[-1]
        for operand in operands[:-1]:
            result = f"(?:(?={operand}){result})"
        if not negative:
            return result
        if result.startswith("[") and not result.startswith("[^"):
            return "[^" + result[1:]
        return f"(?:(?!{result})[\\s\\S])"

    def class_item(self, char: str) -> tuple[str, str | None]:
        """A character of a class, or a class inside it."""
        if char != "\\":
            return _literal(char), None
        char = self.take()
        if char in _CLASSES:
            return "", f"[{_CLASSES[char]}]"
        if char.lower() in _CLASSES:
            return "", f"[^{_CLASSES[char.lower()]}]"
        if char in "pP":
            return "", self.property(char == "P")
        if char == "Q":
            end = self.text.find("\\E", self.at)
            body = self.text[self.at :] if end < 0 else self.text[self.at : end]
            self.at = len(self.text) if end < 0 else end + 2
            return "", "[" + "".join(map(_literal, body)) + "]"
        return self.escaped_char(char), None


def _union(items: str, others: list[str]) -> str:
    parts = ([f"[{items}]"] if items else []) + others
    if not parts:
        return "(?!)"
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _scope(flags: str) -> str:
    """The group that has the flags; without `u`, only ASCII letters have two cases."""
    if "i" not in flags:
        return "(?-i:"
    return "(?i:" if "u" in flags or "U" in flags else "(?ai:"


def _changed(flags: str, change: str) -> str:
    on, _, off = change.partition("-")
    return "".join(sorted((set(flags) | set(on)) - set(off)))


def translate(regex: str) -> Translated:
    """The pattern for :mod:`re`; raises RawError for what is malformed or cannot be expressed."""
    translator = _Translator(regex)
    pattern, _ = translator.sequence("", True)
    return Translated(pattern, translator.nested, translator.repetitions)
