"""Kubernetes, by `kubectl`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.rows import FETCH, stored
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Text


class OAuthTokenProvider(Declared):
    """Where a token comes from: another task, or what an expression gives."""

    task: Any = prop(ANY, default=None)
    output: Text | None = prop(STRING, default=None)


class Connection(Declared):
    """Which cluster is asked, and as whom; without one it is what `kubectl` of this machine is set up for."""

    master_url: Text | None = prop(STRING, default=None)
    api_version: Text | None = prop(STRING, default=None, ignored=True)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    namespace: Text | None = prop(STRING, default=None)
    trust_certs: Flag | None = prop(BOOLEAN, default=None)
    disable_hostname_verification: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    ca_cert_file: Text | None = prop(STRING, default=None)
    ca_cert_data: Text | None = prop(STRING, default=None)
    client_cert_file: Text | None = prop(STRING, default=None)
    client_cert_data: Text | None = prop(STRING, default=None)
    client_key_file: Text | None = prop(STRING, default=None)
    client_key_data: Text | None = prop(STRING, default=None)
    client_key_algo: Text | None = prop(STRING, default=None, ignored=True)
    client_key_passphrase: Text | None = prop(STRING, default=None, ignored=True)
    trust_store_file: Text | None = prop(STRING, default=None, ignored=True)
    trust_store_passphrase: Text | None = prop(STRING, default=None, ignored=True)
    key_store_file: Text | None = prop(STRING, default=None, ignored=True)
    key_store_passphrase: Text | None = prop(STRING, default=None, ignored=True)
    oauth_token: Text | None = prop(STRING, default=None)
    oauth_token_provider: OAuthTokenProvider | None = prop(record(OAuthTokenProvider), default=None)


def configuration(run: RunContext, given: Connection) -> str:
    """A configuration of `kubectl`, as the text of JSON (which is YAML)."""
    from flowrt.formats.jsonwrite import to_json

    cluster: dict[str, Any] = {
        "server": run.text(given.master_url) or "https://kubernetes.default.svc"
    }
    if given.trust_certs is not None and run.flag(given.trust_certs):
        cluster["insecure-skip-tls-verify"] = True
    user: dict[str, Any] = {}
    token = given.oauth_token
    if token is None and given.oauth_token_provider is not None:
        token = given.oauth_token_provider.output
    for target, key, value in (
        (cluster, "certificate-authority", given.ca_cert_file),
        (cluster, "certificate-authority-data", given.ca_cert_data),
        (user, "client-certificate", given.client_cert_file),
        (user, "client-certificate-data", given.client_cert_data),
        (user, "client-key", given.client_key_file),
        (user, "client-key-data", given.client_key_data),
        (user, "username", given.username),
        (user, "password", given.password),
        (user, "token", token),
    ):
        text = run.text(value)
        if text is not None:
            target[key] = text
    return to_json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "flow", "cluster": cluster}],
            "users": [{"name": "flow", "user": user}],
            "contexts": [{"name": "flow", "context": {"cluster": "flow", "user": "flow"}}],
            "current-context": "flow",
        }
    )


class KubectlTask(Task):
    """What the tasks share."""

    namespace: Text = prop(STRING, default="default")
    connection: Connection | None = prop(record(Connection), default=None)
    container_default_spec: Any = prop(mapping(), default=None, ignored=True)
    file_sidecar: Any = prop(ANY, default=None, ignored=True)
    inherit_cluster_config: Flag = prop(BOOLEAN, default=False, ignored=True)
    input_files: Any = prop(ANY, default=None, ignored=True)
    output_files: Listing | None = prop(listing(STRING), default=None, ignored=True)
    wait_until_running: Text = prop(DURATION, default="PT10M", ignored=True)
    wait_until_ready: Text = prop(DURATION, default="PT0S")
    wait_running: Text = prop(DURATION, default="PT1H", ignored=True)

    async def _kubectl(
        self, run: RunContext, *words: str, accept: Callable[[str, bool], None] | None = None
    ) -> str:
        """Call the program; answers its output, whose lines `accept` gets as they come.

        Raises TaskFailure with what it said when it fails.
        """
        from flowrt.scripting.process import run_process
        from flowrt.scripting.python import base_environment

        told: dict[bool, list[str]] = {False: [], True: []}
        environment = base_environment()
        if self.connection is not None:
            path = run.private_folder() / "kubeconfig"
            path.write_text(configuration(run, self.connection), "utf-8")
            environment["KUBECONFIG"] = str(path)

        def hear(line: str, bad: bool) -> None:
            told[bad].append(line)

        def pass_on(line: str, bad: bool) -> None:
            (hear if bad or accept is None else accept)(line, bad)

        call = ["kubectl", "--namespace", run.text(self.namespace) or "default", *words]
        try:
            code = await run_process(run, call, run.working_dir, environment, pass_on)
        except OSError as error:
            raise TaskFailure(
                f"the program `kubectl` cannot be started: {error.strerror}"
            ) from None
        if code != 0:
            said = "\n".join(told[True]) or f"exit code {code}"
            raise TaskFailure(f"kubectl {words[0]}: {said}")
        for line in told[True]:
            run.log("WARN", line)
        return "\n".join(told[False])

    async def _objects(self, run: RunContext, *words: str) -> list[dict[str, Any]]:
        """The objects of an answer."""
        from flowrt.formats.jsonread import parse_json

        text = await self._kubectl(run, *words, "--output", "json")
        if not text.strip():
            return []
        found = parse_json(text)
        return list(found["items"]) if found.get("kind") == "List" else [found]


def names(run: RunContext, given: Listing | None) -> list[str]:
    """Names of objects. Raises TaskFailure for what the program would read as an option."""
    found = [str(each) for each in run.listing(given) or []]
    for each in found:
        _checked(each)
    return found


def _checked(name: str) -> str:
    if not name or name.startswith("-"):
        raise TaskFailure(f"'{name}' is no name of a Kubernetes object")
    return name


class _OfType(KubectlTask):
    resource_type: Text = prop(STRING)
    api_group: Text | None = prop(STRING, default=None)
    api_version: Text | None = prop(STRING, default=None)

    def _kind(self, run: RunContext) -> str:
        """The type as the program takes it: `type.version.group`."""
        kind = _checked(required_text(run, self.resource_type)).lower()
        group, version = run.text(self.api_group), run.text(self.api_version)
        if group and version:
            return f"{kind}.{version}.{group}"
        return f"{kind}.{group}" if group else kind


@task_type("io.kestra.plugin.kubernetes.kubectl.Get")
class KubectlGet(_OfType):
    """Get objects."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "metadataItem": mapping(),
        "metadataItems": listing(mapping()),
        "statusItem": mapping(),
        "statusItems": listing(mapping()),
        "size": INTEGER,
        "uri": URI,
    }

    resources_names: Listing | None = prop(listing(STRING), default=None)
    fetch_type: Text = prop(FETCH, default="NONE")

    async def run(self, run: RunContext) -> dict[str, Any]:
        wanted = names(run, self.resources_names)
        found = await self._objects(run, "get", self._kind(run), *wanted)
        kind = run.constant(self.fetch_type, FETCH)
        metadata = [each.get("metadata") or {} for each in found]
        status = [each.get("status") or {} for each in found]
        if kind == "FETCH":
            return {"metadataItems": metadata, "statusItems": status, "size": len(found)}
        if kind == "FETCH_ONE":
            if not found:
                return {"size": 0}
            return {"metadataItem": metadata[0], "statusItem": status[0], "size": 1}
        if kind == "STORE":
            uri, size = await run.in_thread(lambda: stored(run, metadata))
            return {"uri": uri, "size": size}
        return {"size": len(found)}


@task_type("io.kestra.plugin.kubernetes.kubectl.Apply")
class KubectlApply(KubectlTask):
    """Apply manifests."""

    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": listing(mapping())}

    spec: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        path = run.private_folder() / "manifest.yaml"
        path.write_text(required_text(run, self.spec), "utf-8")
        found = await self._objects(run, "apply", "--filename", str(path))
        seconds = run.duration(self.wait_until_ready)
        if seconds:
            await self._kubectl(
                run,
                "wait",
                "--for=condition=Ready",
                f"--timeout={int(seconds)}s",
                "--filename",
                str(path),
            )
        return {"metadata": [each.get("metadata") or {} for each in found]}


@task_type("io.kestra.plugin.kubernetes.kubectl.Delete")
class KubectlDelete(_OfType):
    """Delete objects."""

    resources_names: Listing = prop(listing(STRING))

    async def run(self, run: RunContext) -> None:
        wanted = names(run, self.resources_names)
        if not wanted:
            raise TaskFailure("`resourcesNames` names no object")
        await self._kubectl(run, "delete", self._kind(run), *wanted)


_STRATEGIES = {"STRATEGIC_MERGE": "strategic", "JSON_MERGE": "merge", "JSON_PATCH": "json"}


@task_type("io.kestra.plugin.kubernetes.kubectl.Patch")
class KubectlPatch(_OfType):
    """Change an object."""

    outputs: ClassVar[dict[str, Kind] | None] = {"metadata": mapping(), "status": mapping()}

    resource_name: Text = prop(STRING)
    patch: Text = prop(STRING)
    patch_strategy: Text = prop(enum(*_STRATEGIES), default="STRATEGIC_MERGE")

    async def run(self, run: RunContext) -> dict[str, Any]:
        path = run.private_folder() / "patch.json"
        path.write_text(required_text(run, self.patch), "utf-8")
        name = _checked(required_text(run, self.resource_name))
        strategy = run.constant(self.patch_strategy, enum(*_STRATEGIES)) or "STRATEGIC_MERGE"
        found = await self._objects(
            run,
            "patch",
            self._kind(run),
            name,
            f"--type={_STRATEGIES[strategy]}",
            f"--patch-file={path}",
        )
        first = found[0] if found else {}
        return {"metadata": first.get("metadata"), "status": first.get("status")}


@task_type("io.kestra.plugin.kubernetes.kubectl.Restart")
class KubectlRestart(KubectlTask):
    """Restart what an object runs."""

    resource_type: Text = prop(enum("Deployment", "StatefulSet"))
    resources_names: Listing = prop(listing(STRING))

    async def run(self, run: RunContext) -> None:
        kind = required_text(run, self.resource_type).lower()
        for name in names(run, self.resources_names):
            await self._kubectl(run, "rollout", "restart", f"{kind}/{name}")
