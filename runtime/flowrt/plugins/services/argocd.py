"""Argo CD, by the interface of its server: what the program `argocd` prints as JSON, without the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.service import ServiceTask, address, bearer, until
from flowrt.tasks.http_client import HttpOptions, Ssl
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

PAUSE = 1.0
"""Seconds between two looks at an operation."""
LONGEST = "PT24H"
OUTPUTS: dict[str, Kind] = {
    "exitCode": INTEGER,
    "healthStatus": STRING,
    "outputFiles": mapping(URI),
    "rawOutput": STRING,
    "resources": listing(mapping()),
    "syncStatus": STRING,
    "taskRunner": ANY,
    "vars": mapping(),
}


class ArgocdTask(ServiceTask):
    """What the tasks share."""

    service = "Argo CD"

    server: Text = prop(STRING)
    token: Text = prop(STRING)
    application: Text = prop(STRING)
    insecure: Flag = prop(BOOLEAN, default=False)
    plaintext: Flag = prop(BOOLEAN, default=False)
    grpc_web: Flag = prop(BOOLEAN, default=False, ignored=True)
    server_cert: Text | None = prop(STRING, default=None)
    argo_cd_version: Text | None = prop(STRING, default=None, yaml="argoCDVersion", ignored=True)
    container_image: Text = prop(STRING, default="curlimages/curl:latest", ignored=True)
    env: Mapping | None = prop(mapping(STRING), default=None, ignored=True)
    task_runner: Any = prop(ANY, default=None, static=True, ignored=True)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return bearer(run, self.token)

    def _options(self) -> HttpOptions | None:
        return HttpOptions(ssl=Ssl(insecure_trust_all_certificates=self.insecure))

    def _url(self, run: RunContext, *more: str, **query: Any) -> str:
        """An address below the application. Raises TaskFailure for a certificate, which would not be looked at."""
        if self.server_cert is not None:
            raise TaskFailure(
                "`serverCert` cannot be used here: let the machine trust the certificate (SSL_CERT_FILE)"
            )
        host = required_text(run, self.server).rstrip("/")
        plain = run.flag(self.plaintext)
        for scheme in ("https://", "http://"):
            if host.startswith(scheme):
                host = host.removeprefix(scheme)
        base = f"{'http' if plain else 'https'}://{host}/api/v1/applications"
        return address(base, required_text(run, self.application), *more, **query)

    def _found(self, run: RunContext, application: dict[str, Any]) -> dict[str, Any]:
        status = application.get("status") or {}
        found: dict[str, Any] = {
            "exitCode": 0,
            "vars": {},
            "syncStatus": (status.get("sync") or {}).get("status"),
            "healthStatus": (status.get("health") or {}).get("status"),
            "resources": status.get("resources"),
            "rawOutput": to_json(application),
        }
        run.log("INFO", f"Sync: {found['syncStatus']}, Health: {found['healthStatus']}")
        return found


@task_type("io.kestra.plugin.argocd.apps.Status")
class ArgocdAppsStatus(ArgocdTask):
    """What is known of an application."""

    outputs: ClassVar[dict[str, Kind] | None] = {**OUTPUTS, "conditions": listing(mapping())}

    refresh: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        refresh = "normal" if run.flag(self.refresh) else None
        found = self._ask(run, "GET", self._url(run, refresh=refresh))
        conditions = (found.get("status") or {}).get("conditions")
        return {**self._found(run, found), "conditions": conditions}


@task_type("io.kestra.plugin.argocd.apps.Sync")
class ArgocdAppsSync(ArgocdTask):
    """Bring an application to a revision, and wait for the end."""

    outputs: ClassVar[dict[str, Kind] | None] = {**OUTPUTS, "revision": STRING}

    revision: Text | None = prop(STRING, default=None)
    prune: Flag = prop(BOOLEAN, default=False)
    dry_run: Flag = prop(BOOLEAN, default=False)
    force: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        force = run.flag(self.force)
        asked: dict[str, Any] = {
            "revision": run.text(self.revision),
            "prune": run.flag(self.prune),
            "dryRun": run.flag(self.dry_run),
            "strategy": {"hook": {"force": True}} if force else None,
        }
        json = {key: value for key, value in asked.items() if value is not None}
        await run.in_thread(lambda: self._ask(run, "POST", self._url(run, "sync"), json=json))

        def look() -> dict[str, Any] | None:
            found = self._ask(run, "GET", self._url(run))
            state = (found.get("status") or {}).get("operationState") or {}
            phase = state.get("phase")
            if found.get("operation") or phase in (None, "Running", "Terminating"):
                return None
            if phase != "Succeeded":
                raise TaskFailure(f"Argo CD: {state.get('message') or phase}")
            sync = (found.get("status") or {}).get("sync") or {}
            return {**self._found(run, found), "revision": sync.get("revision")}

        return await until(run, look, PAUSE, LONGEST)
