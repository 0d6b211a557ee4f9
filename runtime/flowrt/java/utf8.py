"""UTF-8 as Java's readers take it: as Python does, but what would be a surrogate is wrong as a whole, not byte by byte."""

import codecs
import re

REPLACED = "\ufffd"
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
_BEGUN = re.compile(rb"\xed[\xa0-\xbf]\Z")


class Utf8Reader:
    """Decodes bytes that come in pieces; what is no UTF-8 is replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(_HANDLER)
        self._held = b""

    def feed(self, data: bytes, last: bool = False) -> str:
        """The text of a piece, less what may go on in the next one."""
        data = self._held + data
        self._held = b""
        if not last and (begun := _BEGUN.search(data)):
            self._held = begun.group()
            data = data[: begun.start()]
        return self._decoder.decode(data, last)


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    whole = _SURROGATE.match(error.object, error.start)
    return REPLACED, whole.end() if whole else error.end


_HANDLER = "flowrt.java"
codecs.register_error(_HANDLER, _replace)
