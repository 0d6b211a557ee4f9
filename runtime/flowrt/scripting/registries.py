"""Which daemon the program of a container asks, and as whom it asks registries for images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import STRING, Declared, prop

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

HUB = "https://index.docker.io/v1/"
"""What configurations call Docker Hub."""
HUB_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")


class Credentials(Declared):
    """Who asks a registry for images."""

    registry: Text | None = prop(STRING, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    auth: Text | None = prop(STRING, default=None)
    identity_token: Text | None = prop(STRING, default=None)
    registry_token: Text | None = prop(STRING, default=None)


def client_variables(
    run: RunContext,
    host: Text | None,
    config: Any,
    credentials: Credentials | None,
    image: str | None = None,
) -> dict[str, str]:
    """The variables that tell the program which daemon it asks, and as whom: a configuration of this run alone.

    Credentials that name no registry are for that of the image.
    """
    from base64 import b64encode

    from flowrt.formats.jsonread import parse_json
    from flowrt.formats.jsonwrite import to_json

    found = {}
    address = run.text(host)
    if address is not None:
        found["DOCKER_HOST"] = found["CONTAINER_HOST"] = address  # as docker and podman have it
    given = run.structure(config)
    settings = parse_json(given) if isinstance(given, str) else given
    if not isinstance(settings, dict):
        settings = {}
    if credentials is not None:
        registry = run.text(credentials.registry) or registry_of(image or "") or HUB
        auth = run.text(credentials.auth)
        user, password = run.text(credentials.username), run.text(credentials.password)
        if auth is None and user is not None:
            auth = b64encode(f"{user}:{password or ''}".encode()).decode()
        entry = {
            "auth": auth,
            "identitytoken": run.text(credentials.identity_token),
            "registrytoken": run.text(credentials.registry_token),
        }
        known = {key: value for key, value in entry.items() if value is not None}
        settings = {**settings, "auths": {**settings.get("auths", {}), registry: known}}
    if settings:
        folder = run.private_folder()
        (folder / "config.json").write_text(to_json(settings), "utf-8")
        found["DOCKER_CONFIG"] = str(folder)
    return found


def registry_of(image: str) -> str | None:
    """The registry that the name of an image begins with; None for one of Docker Hub."""
    first, slash, _ = image.partition("/")
    is_host = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    return first if is_host and first not in HUB_HOSTS else None


def full_name(run: RunContext, image: str, credentials: Credentials | None) -> str:
    """The name of an image with its registry, which it needs not say where there are credentials for one."""
    given = None if credentials is None else run.text(credentials.registry)
    registry = registry_of(f"{without_scheme(given or '').partition('/')[0]}/")
    return image if registry is None or image.startswith(registry) else f"{registry}/{image}"


def without_scheme(name: str) -> str:
    """The name of an image without `docker://` or another scheme before it."""
    return name.partition("://")[2] or name
