"""Google Cloud Storage: who may do what with a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flowrt.model.declare import BOOLEAN, STRING, Kind, enum, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google import gcs
from flowrt.plugins.google.gcs import GcsTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text
    from flowrt.plugins.google.auth import Google

EVERYBODY = ("allUsers", "allAuthenticatedUsers")
VERSION = 3
"""That of policies which may have conditions."""


def identity(member: str) -> tuple[str, str | None]:
    """Who is meant, as Google writes it, and its name alone. Raises TaskFailure for what names nobody."""
    if member in EVERYBODY:
        return member, None
    kind, colon, name = member.partition(":")
    if not colon or not kind or not name:
        raise TaskFailure(f"Illegal identity string: '{member}'")
    return member, name


@task_type("io.kestra.plugin.gcp.gcs.CreateBucketIamPolicy")
class GcsCreateBucketIamPolicy(GcsTask):
    """Give somebody a role in a bucket."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "bucket": STRING,
        "created": BOOLEAN,
        "member": STRING,
        "role": STRING,
    }

    name: Text = prop(STRING)
    member: Text = prop(STRING)
    role: Text = prop(STRING)
    if_exists: Text = prop(enum("ERROR", "SKIP"), default="SKIP")

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        bucket, given = required_text(run, self.name), required_text(run, self.role)
        member, name = identity(required_text(run, self.member))
        role = given if "/" in given else f"roles/{given}"
        url = f"{gcs.ADDRESS}/storage/v1/b/{quote(bucket, safe='')}/iam"
        policy = google.ask("GET", f"{url}?optionsRequestedPolicyVersion={VERSION}")
        bindings = policy.setdefault("bindings", [])
        outputs = {"bucket": bucket, "member": name, "role": role}
        plain = [each for each in bindings if each.get("role") == role]
        if any(member in (each.get("members") or ()) for each in plain):
            said = f"Binding {role} for member {member} already exists"
            if run.text(self.if_exists) == "ERROR":
                raise TaskFailure(said)
            run.log("INFO", said)
            return {**outputs, "created": False}
        free = next((each for each in plain if not each.get("condition")), None)
        if free is None:
            bindings.append({"role": role, "members": [member]})
        else:
            free["members"] = [*(free.get("members") or ()), member]
        run.log(
            "DEBUG", f"Updating policy on bucket '{bucket}', adding '{member}' with role '{role}"
        )
        google.ask("PUT", url, json=policy)
        return {**outputs, "created": True}
