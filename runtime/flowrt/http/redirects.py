"""Where a request goes: its address, and where an answer sends it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.http.failures import because, unroutable

if TYPE_CHECKING:
    from flowrt.http.address import Address

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 50
HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers that a redirect to another server may take along: all others may be credentials."""


def address_of(uri: str) -> Address:
    """Raises HttpFailure for what is no address."""
    from flowrt.http.address import Address, Unroutable
    from flowrt.java.uri import InvalidUri

    try:
        return Address(uri)
    except InvalidUri as error:
        because(str(error), str(error))
    except Unroutable as failure:
        unroutable(failure)


def redirected(address: Address, location: str) -> Address:
    """Where a `Location` header leads to. Its bytes stand for letters of Latin-1, and are sent as they came."""
    from flowrt.http.address import Unroutable, protocol_failure, redirect_address
    from flowrt.java.uri import InvalidUri

    try:
        return redirect_address(address, location)
    except InvalidUri as error:
        said = f"Invalid redirect URI: {location}"
        unroutable(protocol_failure(said, str(error)))
    except Unroutable as failure:
        unroutable(failure)


def is_same_server(before: Address, after: Address) -> bool:
    """Whether credentials for one address may be sent to another: same host and port, or the secure form of it."""
    first, then = (before.kind, before.real_port), (after.kind, after.real_port)
    if before.wire_host.lower() != after.wire_host.lower():
        return False
    return first == then or (first, then) == (("http", 80), ("https", 443))


def becomes_get(code: int, method: str) -> bool:
    """Whether a redirect is followed by a question, whatever was sent before."""
    return (code in (301, 302) and method.upper() == "POST") or (
        code == 303 and method.upper() not in ("GET", "HEAD")
    )
