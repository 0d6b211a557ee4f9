"""Addresses of databases, as JDBC writes them."""

from __future__ import annotations

from typing import NamedTuple

from flowrt.model.failures import TaskFailure


class Address(NamedTuple):
    """What a JDBC address says; `path` is what follows the host, without its slash."""

    host: str
    port: int | None
    path: str
    parameters: dict[str, str]
    """Names in lower case."""

    def flag(self, *names: str) -> bool | None:
        """A parameter that is true or false; None where it is not given."""
        for name in names:
            if name.lower() in self.parameters:
                return self.parameters[name.lower()].lower() == "true"
        return None


def rest_of(url: str, *schemes: str) -> str:
    """The address behind its scheme. Raises TaskFailure for the address of another kind of database.

    The message does not repeat the address: it may hold a password.
    """
    for scheme in schemes:
        if url.startswith(f"jdbc:{scheme}:"):
            return url[len(scheme) + 6 :]
        if url.startswith(f"{scheme}:"):
            return url[len(scheme) + 1 :]
    raise TaskFailure(f"The URL must begin with 'jdbc:{schemes[0]}:'")


def parse_address(url: str, *schemes: str) -> Address:
    """An address of the form `jdbc:SCHEME://HOST:PORT/PATH?NAME=VALUE&...`, or with `;NAME=VALUE`.

    Of several hosts the first one counts. Raises TaskFailure.
    """
    from urllib.parse import unquote

    rest = rest_of(url, *schemes)
    parameters: dict[str, str] = {}
    rest, _, query = rest.partition("?")
    rest, *more = rest.split(";")
    for pair in [*query.split("&"), *more]:
        name, found, value = pair.partition("=")
        if found:
            parameters[name.strip().lower()] = unquote(value)
    if not rest.startswith("//"):
        return Address("", None, unquote(rest), parameters)
    place, _, path = rest[2:].partition("/")
    user, at, place = place.rpartition("@")
    if at:
        name, _, password = user.partition(":")
        parameters.setdefault("user", unquote(name))
        if password:
            parameters.setdefault("password", unquote(password))
    host, port = _host(place.partition(",")[0])
    return Address(host, port, unquote(path), parameters)


def _host(place: str) -> tuple[str, int | None]:
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise TaskFailure("The URL names a port that is no number")
    return host, int(port) if port else None
