"""From Java's regular expressions to those of :mod:`re`."""

from sys import maxunicode
from typing import NamedTuple

from flowrt.java.errors import RawError
from flowrt.java.regex.behind import LOOKS_BEHIND, behind
from flowrt.java.regex.classes import CLASSES, POSIX, unicode_ranges

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

_HEXADECIMAL = "0123456789abcdefABCDEF"
_UNCLOSED = "Unclosed character class"
_PLACES = ("\\A", "\\Z")
"""What Python repeats only in a group."""
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

    def fail(self, message: str, index: int | None = None) -> RawError:
        """The failure at an index, which mostly is that of the character that was read last."""
        index = self.at - 1 if index is None else index
        place = f" near index {index}" if index >= 0 else ""
        mark = "\n" + " " * index + "^" if 0 <= index < len(self.text) else ""
        return RawError(
            f"{message}{place}\n{self.text}{mark}", "java.util.regex.PatternSyntaxException"
        )

    def peek(self, size: int = 1) -> str:
        return self.text[self.at : self.at + size]

    def take(self, missing: str = "") -> str:
        """The next character; `missing` is what is wrong where there is none."""
        part = self.text[self.at : self.at + 1]
        if not part:
            raise self.fail(missing, len(self.text))
        self.at += 1
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
                    raise self.fail("Unmatched closing ')'")  # which is not read yet
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
            out.append(f"(?:{atom}){repeated}" if repeated and atom in _PLACES else atom + repeated)
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
        char = self.peek()
        while "x" in flags and char and (char.isspace() or char == "#"):
            self.skip_comment(char)
            char = self.peek()
        if char and char in "*+?":
            self.at += 1
            text, most = char, 1 if char == "?" else _ENDLESS
        elif char == "{":
            text, most = self.counted()
        else:
            return "", False, False
        mode = self.peek()
        if mode and mode in "?+":
            self.at += 1
            text += mode
        varies = char != "{" or "," in text
        infinite = varies and most > _MANY and mode != "+"
        return text, infinite, most > _FEW and mode != "+"

    def counted(self) -> tuple[str, int]:
        """The text of a counted repetition, and how often it may repeat."""
        start = self.at
        self.at += 1
        low = high = self.times()
        if low is None:
            raise self.fail("Illegal repetition", self.at)
        if self.peek() == ",":
            self.at += 1
            high = self.times()
            if high is None:
                high = _ENDLESS if self.peek() == "}" else 0
        if self.peek() != "}":
            raise self.fail("Unclosed counted closure", self.at)
        self.at += 1
        assert high is not None
        if high < low:
            raise self.fail("Illegal repetition range")
        return self.text[start : self.at], high

    def times(self) -> int | None:
        """A number of repetitions; None where there are no digits."""
        found: int | None = None
        while self.peek() and self.peek() in "0123456789":
            found = (found or 0) * 10 + int(self.take())
            if found >= _ENDLESS:
                raise self.fail("Illegal repetition range")
        return found

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
                return f"(?:(?:\\A|(?<=[{_TERMINATORS}]))(?<!\\r(?=\\n))(?=[\\s\\S]))", False
            return "\\A", False
        if char == "$":
            if "m" in flags:
                return f"(?=[{_TERMINATORS}]|\\Z)(?<!\\r(?=\\n))", False
            return f"(?=(?:\\r\\n|[{_TERMINATORS}])?\\Z)", False
        if char in "*+?":
            raise self.fail(f"Dangling meta character '{char}'")
        if char == "{":  # repeats nothing
            self.at -= 1
            return "(?:)", False
        return _literal(char), False

    def group(self, flags: str) -> tuple[str, bool]:
        opening = "("
        if self.peek() == "?":
            self.at += 1
            char = self.take("Unknown inline modifier")
            if char in ":=!>":
                opening = "(?" + char
            elif char == "<" and self.peek() in ("=", "!"):
                opening = "(?<" + self.take()
            elif char == "<":
                name = self.group_name()
                if name in self.names:
                    raise self.fail(f"Named capturing group <{name}> is already defined")
                self.groups += 1
                self.names[name] = self.groups
                opening = f"(?P<{name}>"
            else:
                self.at -= 1
                end = self.at
                while self.text[end : end + 1] and self.text[end] in "idmsuxU-":
                    end += 1
                if self.text[end : end + 1] != ":":
                    raise self.fail("Unknown inline modifier", end)
                flags = _changed(flags, self.text[self.at : end])
                opening = _scope(flags)
                self.at = end + 1
        else:
            self.groups += 1
        body, unbounded = self.sequence(flags, False)
        if self.peek() != ")":
            raise self.fail("Unclosed group", self.at)
        self.at += 1
        if opening in LOOKS_BEHIND:
            return behind(opening, body), unbounded
        return f"{opening}{body})", unbounded and opening != "(?>"

    def group_name(self) -> str:
        """The name up to the `>` behind it."""
        name = ""
        while (char := self.peek()).isascii() and char.isalnum() and (name or char.isalpha()):
            name += self.take()
        if not name:
            raise self.fail("capturing group name does not start with a Latin letter", self.at)
        if char != ">":
            raise self.fail("named capturing group is missing trailing '>'", self.at)
        self.at += 1
        return name

    def escape(self, flags: str) -> str:
        char = self.take("Unescaped trailing backslash")
        if char == "Q":
            return self.quoted()
        if char in CLASSES:
            return f"[{CLASSES[char]}]"
        if char.lower() in CLASSES:
            return f"[^{CLASSES[char.lower()]}]"
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
            if self.peek() != "<":
                said = "\\k is not followed by '<' for named capturing group"
                raise self.fail(said, self.at)
            self.at += 1
            name = self.group_name()
            if name not in self.names:
                raise self.fail(f"named capturing group <{name}> does not exist")
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
                raise self.fail("Illegal octal escape sequence", self.at)
            return _literal(chr(int(digits, 8)))
        if char == "x" and self.peek() == "{" and self.peek(2)[1:] in tuple(_HEXADECIMAL):
            return _literal(self.long_code())
        if char in "xu":
            kind = "hexadecimal" if char == "x" else "Unicode"
            return _literal(self.code(2 if char == "x" else 4, kind))
        if char == "c":
            if not self.peek():
                raise self.fail("Illegal control escape sequence")
            return _literal(chr(ord(self.take()) ^ 64))
        if char.isascii() and char.isalpha():
            raise self.fail("Illegal/unsupported escape sequence")
        return _literal(char)

    def code(self, size: int, kind: str) -> str:
        """The character that so many digits stand for."""
        digits = ""
        while len(digits) < size:
            if not self.peek() or self.peek() not in _HEXADECIMAL:
                raise self.fail(f"Illegal {kind} escape sequence", self.at)
            digits += self.take()
        return chr(int(digits, 16))

    def long_code(self) -> str:
        """The character whose digits stand in braces."""
        number = 0
        self.at += 1
        while self.peek() and self.peek() in _HEXADECIMAL:
            number = number * 16 + int(self.take(), 16)
            if number > maxunicode:
                raise self.fail("Hexadecimal codepoint is too big")
        if self.peek() != "}":
            raise self.fail("Unclosed hexadecimal escape sequence", self.at)
        self.at += 1
        return chr(number)

    def property(self, negative: bool) -> str:
        if self.peek() == "{":
            end = self.text.find("}", self.at)
            if end < 0:
                raise self.fail("Unclosed character family", len(self.text))
            name = self.text[self.at + 1 : end]
            self.at = end + 1
        else:
            name = self.take("Unknown character property name {\0}")
        ranges = POSIX.get(name) or unicode_ranges(name)
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
                raise self.fail(_UNCLOSED)
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
            single, more = self.class_item(char, _UNCLOSED)
            if more is not None:
                if more.startswith("[^"):
                    others.append(more)
                else:
                    items += more[1:-1]
                continue
            items += single
            if self.peek() == "-" and self.peek(2) not in ("-]", "-["):
                self.at += 1
                wrong = "Illegal character range"
                high, more = self.class_item(self.take(wrong), wrong)
                if more is not None or _meant(high) < _meant(single):
                    raise self.fail(wrong)
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

    def class_item(self, char: str, missing: str) -> tuple[str, str | None]:
        """A character of a class, or a class inside it; `missing` is what is wrong behind a backslash at the end."""
        if char != "\\":
            return _literal(char), None
        char = self.take(missing)
        if char in CLASSES:
            return "", f"[{CLASSES[char]}]"
        if char.lower() in CLASSES:
            return "", f"[^{CLASSES[char.lower()]}]"
        if char in "pP":
            return "", self.property(char == "P")
        if char == "Q":
            end = self.text.find("\\E", self.at)
            body = self.text[self.at :] if end < 0 else self.text[self.at : end]
            self.at = len(self.text) if end < 0 else end + 2
            return "", "[" + "".join(map(_literal, body)) + "]"
        return self.escaped_char(char), None


def _meant(fragment: str) -> str:
    """The character that a fragment stands for: itself, or what an escape means."""
    if len(fragment) < 2:
        return fragment
    if fragment[1] in "xu" and len(fragment) > 2:
        return chr(int(fragment[2:], 16))
    control = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
    return control.get(fragment[1], fragment[1])


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
