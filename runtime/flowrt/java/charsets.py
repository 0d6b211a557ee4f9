"""Charsets by their names: those of texts, not everything that Python has a codec for."""

from __future__ import annotations

_NOT_OF_JAVA = ("utf-7", "hz")
_ONLY_FORWARD = {
    "utf-32": "UTF-32",
    "utf-32-le": "UTF-32LE",
    "utf-32-be": "UTF-32BE",
    "big5": "Big5",
    "big5hkscs": "Big5-HKSCS",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
    "gb2312": "GB2312",
    "gb18030": "GB18030",
    "iso2022_jp": "ISO-2022-JP",
    "iso2022_jp_2": "ISO-2022-JP-2",
    "iso2022_kr": "ISO-2022-KR",
    "johab": "x-Johab",
}
"""Charsets with signs of several bytes in which no line end is looked for from behind, and what Java calls them."""


def is_charset(name: str) -> bool:
    """Whether a name is that of a charset, which decodes any bytes and encodes any text where it may replace."""
    try:
        b"\xff".decode(name, "replace")
        "\N{SNOWMAN}".encode(name, "replace")
    except (
        LookupError,
        ValueError,
    ):  # of no codec; of one that is not of texts, or knows no replacing
        return False
    return codec_name(name) not in _NOT_OF_JAVA


def codec_name(name: str) -> str:
    """What Python calls a charset."""
    from codecs import lookup

    return lookup(name).name


def refused_from_the_end(name: str) -> str | None:
    """Why a text of a charset is not read from its end; nothing for one that is."""
    codec = codec_name(name)
    if codec in _ONLY_FORWARD:
        return f"Encoding {_ONLY_FORWARD[codec]} is not supported yet (feel free to submit a patch)"
    if codec == "utf-16":
        return "For UTF-16, you need to specify the byte order (use UTF-16BE or UTF-16LE)"
    return None
