"""How exchanges fail, in the words of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from flowrt.http.address import Address, Unroutable


class HttpFailure(Exception):
    """No answer came. `__cause__` has the words of what is behind it, where the engine logs them too."""

    dropped = False
    """Whether the connection stood, and broke off before there was an answer."""


class ConnectionFailure(HttpFailure):
    """The connection could not be made, or was not to be trusted, or was torn down."""


class BadStatus(HttpFailure):
    """An answer came that does not count as success."""

    def __init__(self, message: str, code: int, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class TooLarge(HttpFailure):
    """The body of an answer is larger than it may be; `size` is what is known of it."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"Response body is too large ({size} bytes > max {most} bytes)")
        self.size = size


def unroutable(failure: Unroutable) -> NoReturn:
    """Raise HttpFailure for an address that leads nowhere."""
    because(str(failure), failure.causes)


def because(text: str, causes: str) -> NoReturn:
    """Raise HttpFailure with what the log says of the reasons."""
    raise HttpFailure(text) from (OSError(causes) if causes else None)


def unknown_host(text: str, *behind: str) -> NoReturn:
    """Raise HttpFailure for a name that nobody knows."""
    because(f"java.net.UnknownHostException: {text}", "\n".join((text, *behind)))


def broken(error: Exception, address: Address, dropped: bool = False) -> NoReturn:
    """Raise HttpFailure for an exchange that broke off, in words of no library."""
    from ssl import SSLError

    try:
        _worded(error, address)
    except HttpFailure as failure:
        failure.dropped = dropped and not isinstance(error, SSLError)
        raise


def _worded(error: Exception, address: Address) -> NoReturn:
    from http.client import IncompleteRead, RemoteDisconnected
    from ssl import SSLError

    if isinstance(error, IncompleteRead):
        known = "" if error.expected is None else f" (received: {len(error.partial)})"
        raise HttpFailure(f"Premature end of the message body{known}") from error
    if isinstance(error, RemoteDisconnected):
        text = f"{address.server} failed to respond"
        because(f"org.apache.hc.core5.http.NoHttpResponseException: {text}", text)
    if isinstance(error, SSLError):
        text = error.reason or "the connection broke off"
        raise HttpFailure(f"javax.net.ssl.SSLException: {text}") from error
    if isinstance(error, OSError):
        reset = isinstance(error, ConnectionResetError)
        text = "Connection reset" if reset else error.strerror or "Connection reset"
        raise ConnectionFailure(text) from OSError(text)
    raise HttpFailure("The server failed to respond with a valid HTTP response") from error


def timed_out() -> HttpFailure:
    """The failure of an answer that takes too long."""
    return HttpFailure("java.net.SocketTimeoutException: Read timed out")


def printable(message: str) -> str:
    """The message as the engine's HTTP library keeps it: control characters show as their position."""
    return "".join(
        f"[0x{index:02x}]" if ord(char) < 32 else char for index, char in enumerate(message)
    )
