"""Members of URIs and of constants of enumerations."""

import re
from typing import Any

from flowrt.expr.members_text import OBJECT, Members, Table
from flowrt.expr.misfits import STATES
from flowrt.java.uriparts import Uri as Parts
from flowrt.java.values import STATE_CLASS, EnumName, JavaArray, Uri, java_hash

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def _decoded(text: str | None) -> str | None:
    """A part without its escapes; bytes that are no UTF-8 become replacement characters."""
    if text is None or "%" not in text:
        return text
    return _ESCAPES.sub(lambda found: _bytes(found[0]).decode("utf-8", "replace"), text)


def _bytes(escapes: str) -> bytes:
    return bytes.fromhex(escapes.replace("%", ""))


def _specific(text: str) -> str:
    """What stands between the scheme and the fragment."""
    scheme = Parts(text).scheme
    return (text if scheme is None else text[len(scheme) + 1 :]).partition("#")[0]


def _opaque(uri: Uri) -> bool:
    return Parts(uri.text).path is None


def _created(_: Uri, text: str) -> Uri:
    Parts(text)
    return Uri(text)


def _ascii(uri: Uri) -> str:
    return "".join(
        char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in uri.text
    )


def _hash(uri: Uri) -> int:
    """The hash as `java.net.URI` mixes it from the parts."""
    parts = Parts(uri.text)

    def ignoring_case(code: int, text: str | None) -> int:
        for char in text or "":
            code = 31 * code + ord(char.lower())
        return code

    def mixed(code: int, text: str | None) -> int:
        return code if text is None else code * 127 + java_hash(text)

    code = mixed(ignoring_case(0, parts.scheme), parts.fragment)
    if parts.path is None:
        code = mixed(code, _specific(uri.text))
    else:
        code = mixed(mixed(code, parts.path), parts.query)
        if parts.host is None:
            code = mixed(code, parts.authority)
        else:
            code = ignoring_case(mixed(code, parts.user), parts.host) + 1949 * parts.port
    code &= 0xFFFFFFFF
    return code - (1 << 32) if code >> 31 else code


def _getters(name: str, part: str) -> Table:
    return {
        f"get{name}": [((), lambda u: _decoded(getattr(Parts(u.text), part)))],
        f"getRaw{name}": [((), lambda u: getattr(Parts(u.text), part))],
    }


URI = Members(
    {
        **OBJECT,
        "getScheme": [((), lambda u: Parts(u.text).scheme)],
        "getHost": [((), lambda u: Parts(u.text).host)],
        "getPort": [((), lambda u: Parts(u.text).port)],
        **_getters("Path", "path"),
        **_getters("Query", "query"),
        **_getters("Fragment", "fragment"),
        **_getters("Authority", "authority"),
        **_getters("UserInfo", "user"),
        "getSchemeSpecificPart": [((), lambda u: _decoded(_specific(u.text)))],
        "getRawSchemeSpecificPart": [((), lambda u: _specific(u.text))],
        "isAbsolute": [((), lambda u: Parts(u.text).scheme is not None)],
        "isOpaque": [((), _opaque)],
        "compareTo": [(("URI",), lambda a, b: (a.text > b.text) - (a.text < b.text))],
        "create": [(("String",), _created)],
        "toASCIIString": [((), _ascii)],
        "hashCode": [((), _hash)],
    }
)

_ENDED = (
    "FAILED",
    "WARNING",
    "SUCCESS",
    "KILLED",
    "CANCELLED",
    "RETRIED",
    "SKIPPED",
    "RESUBMITTED",
)
_TESTS = {
    "isTerminated": _ENDED,
    "isTerminatedNoFail": ("WARNING", "SUCCESS", "RETRIED", "SKIPPED", "RESUBMITTED"),
    "isCreated": ("CREATED", "RESTARTED"),
    "isRunning": ("RUNNING", "KILLING"),
    "onlyRunning": ("RUNNING",),
    "isFailed": ("FAILED",),
    "isPaused": ("PAUSED",),
    "isBreakpoint": ("BREAKPOINT",),
    "isRetrying": ("RETRYING", "RETRIED"),
    "isSuccess": ("SUCCESS",),
    "isKilled": ("KILLED",),
    "isQueued": ("QUEUED",),
}
"""A question to a state → the states of which it is true."""


def enumeration(constants: tuple[str, ...], java_class: str) -> Table:
    """The members that constants of any enumeration have."""

    def value_of(_: Any, name: str) -> EnumName:
        return EnumName(constants[constants.index(name)], java_class)

    return {
        "name": [((), lambda e: e.name)],
        "ordinal": [((), lambda e: constants.index(e.name))],
        "compareTo": [
            (("Enum",), lambda a, b: constants.index(a.name) - constants.index(b.name)),
        ],
        "valueOf": [(("String",), value_of)],
        "values": [
            (
                (),
                lambda _: JavaArray([EnumName(name, java_class) for name in constants], java_class),
            ),
        ],
    }


def _asked(states: tuple[str, ...]) -> Any:
    return lambda e: e.name in states


STATE = Members(
    {
        **OBJECT,
        **enumeration(STATES, STATE_CLASS),
        **{name: [((), _asked(states))] for name, states in _TESTS.items()},
    },
    {name: EnumName(name) for name in STATES},
)


_LEVEL_CLASS = "org.slf4j.event.Level"
_LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")
LEVEL = Members(
    {
        **OBJECT,
        **enumeration(_LEVELS, _LEVEL_CLASS),
        "toInt": [((), lambda level: 40 - 10 * _LEVELS.index(level.name))],
    },
    {name: EnumName(name, _LEVEL_CLASS) for name in _LEVELS},
)


def of_constant(constant: EnumName) -> Members:
    """What the enumeration of a constant declares."""
    if constant.java_class == STATE_CLASS:
        return STATE
    if constant.java_class == _LEVEL_CLASS:
        return LEVEL
    from flowrt.java.time.members import CONSTANTS

    names, methods = CONSTANTS[constant.java_class]
    return Members(
        {**OBJECT, **enumeration(names, constant.java_class), **methods},
        {name: EnumName(name, constant.java_class) for name in names},
    )
