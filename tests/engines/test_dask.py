"""Tasks on Dask: processes of this machine, and a scheduler with workers. Skipped where Dask is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clusters import Clusters
from comparable import comparable
from everywhere import FLOW, program, run

distributed = pytest.importorskip("distributed", reason="Dask has an environment of its own")


class TestDask(Clusters):
    name = "dask"

    def test_a_scheduler_by_its_address(self, tmp_path: Path) -> None:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, dashboard_address=None
        ) as cluster:
            out = self.run_at(cluster.scheduler_address, tmp_path)
            assert json.loads(out) == {"x": [1, 1, 1, 1]}
            with distributed.Client(cluster) as client:
                assert not client.run_on_scheduler(_left)

    def test_files_in_a_bucket(self, tmp_path: Path) -> None:
        """Processes on Dask reach them by the same address."""
        pytest.importorskip("s3fs")
        import boto3
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(port=0)
        server.start()
        try:
            host, port = server.get_host_and_port()
            told = {
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            }
            client = boto3.client(
                "s3",
                endpoint_url=told["AWS_ENDPOINT_URL"],
                region_name="us-east-1",
                aws_access_key_id="key",
                aws_secret_access_key="secret",
            )
            client.create_bucket(Bucket="bucket")
            path = program(tmp_path, FLOW)
            here = comparable(run(path))
            words = ("--executor", "dask=2", "--storage", "s3://bucket/prefix")
            there = comparable(run(path, *words, **told))
            keys = [each["Key"] for each in client.list_objects_v2(Bucket="bucket")["Contents"]]
        finally:
            server.stop()
        for each in (here, there):
            del each["inputs"]["key"]  # sealed anew each time
        assert there == here
        assert "prefix/a/b/_kv/k.ion" in keys
        assert sum("/tasks/file/" in key for key in keys) == 2


def _left(dask_scheduler: object) -> list[str]:
    """The tasks and queues that a scheduler still has."""
    scheduler: object = dask_scheduler
    queues = getattr(scheduler, "extensions")["queues"].queues  # noqa: B009
    return [*getattr(scheduler, "tasks"), *queues]  # noqa: B009
