"""Tokens of AWS for other services: for clusters of Kubernetes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.client import AwsTask, library
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Text

_CLUSTER = re.compile("[0-9A-Za-z][A-Za-z0-9_-]*")
_REGION = re.compile("[a-z0-9-]+")


@task_type("io.kestra.plugin.aws.auth.EksToken")
class EksToken(AwsTask):
    """A token for a cluster of EKS, which is an address that says who asks; sealed among the outputs."""

    service: ClassVar[str] = "sts"
    seals: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {"token": mapping()}

    cluster_name: Text = prop(STRING)
    expiration_duration: Integer = prop(INTEGER, default=600)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from base64 import urlsafe_b64encode
        from datetime import UTC, datetime, timedelta

        cluster, region = required_text(run, self.cluster_name), run.text(self.region)
        if region is None:
            raise TaskFailure(
                f"A problem occurred generating an Eks authentication token for cluster: {cluster}: Region is required"
            )
        if not _CLUSTER.fullmatch(cluster) or not _REGION.fullmatch(region):
            raise TaskFailure(f"`{cluster}` in `{region}` is no cluster")
        seconds = run.integer(self.expiration_duration) or 600
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        url = self._signed(run, region, cluster, seconds)
        token = urlsafe_b64encode(url.encode()).decode().rstrip("=")
        sealed = run.seal(f"k8s-aws-v1.{token}")
        return {"token": {"tokenValue": sealed, "expirationTime": ends}}

    def _signed(self, run: RunContext, region: str, cluster: str, seconds: int) -> str:
        """An address that asks who asks, signed for the cluster. Raises TaskFailure where there are no credentials."""
        from botocore.auth import SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        session = library().Session(region_name=region, **self._credentials(run))
        credentials = session.get_credentials()
        if credentials is None:
            raise TaskFailure("AWS sts: Unable to locate credentials")
        request = AWSRequest(
            "GET",
            f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            headers={"x-k8s-aws-id": cluster},
        )
        signer = SigV4QueryAuth(credentials.get_frozen_credentials(), "sts", region, seconds)
        signer.add_auth(request)
        return str(request.url)
