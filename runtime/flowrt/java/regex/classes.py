"""Classes of characters that the patterns of Python have no name for, or mean otherwise."""

CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": " \\t\\n\\x0b\\f\\r",
    "h": " \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000\\t",
    "v": "\\n\\x0b\\f\\r\\x85\\u2028\\u2029",
}
"""What `\\d` and its like stand for."""

POSIX = {
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
"""What stands behind `\\p`, by name."""

_SCRIPTS = (
    "latin",
    "greek",
    "cyrillic",
    "arabic",
    "hebrew",
    "hiragana",
    "katakana",
    "hangul",
    "thai",
)
_ranges: dict[str, str | None] = {}


def unicode_ranges(name: str) -> str | None:
    """The characters of a Unicode category, script or binary property, as ranges of a class."""
    if name not in _ranges:
        _ranges[name] = _find_ranges(name)
    return _ranges[name]


def _find_ranges(name: str) -> str | None:
    import sys
    import unicodedata

    bare = name.split("=")[-1] if "=" in name else name
    if bare.startswith("Is"):
        bare = bare[2:]
    lower = bare.lower()
    category = unicodedata.category
    tests = {
        "alphabetic": lambda c: category(c)[0] == "L" or category(c) in ("Nl", "Mc"),
        "letter": lambda c: category(c)[0] == "L",
        "digit": lambda c: category(c) == "Nd",
        "lowercase": lambda c: category(c) == "Ll",
        "uppercase": lambda c: category(c) == "Lu",
        "white_space": lambda c: c.isspace(),
        "whitespace": lambda c: c.isspace(),
        "punctuation": lambda c: category(c)[0] == "P",
        "javalowercase": str.islower,
        "javauppercase": str.isupper,
        "javawhitespace": lambda c: c.isspace() and c not in "\xa0\u2007\u202f",
        "javaletter": str.isalpha,
        "javadigit": lambda c: category(c) == "Nd",
        "javaletterordigit": str.isalnum,
    }
    if lower in tests:
        test = tests[lower]
    elif lower in _SCRIPTS:
        word = lower.upper() + " "
        test = lambda c: unicodedata.name(c, "").startswith(word)  # noqa: E731
    elif bare in ("L", "M", "N", "P", "S", "Z", "C"):
        test = lambda c: category(c)[0] == bare  # noqa: E731
    elif len(bare) == 2 and bare[0] in "LMNPSZC" and bare[1].islower():
        test = lambda c: category(c) == bare  # noqa: E731
    else:
        return None
    out: list[str] = []
    start = -1
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and test(chr(code))
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            low, high = f"\\U{start:08x}", f"\\U{code - 1:08x}"
            out.append(low if start == code - 1 else f"{low}-{high}")
            start = -1
    return "".join(out)
