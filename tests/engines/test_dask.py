"""Tasks on Dask: processes of this machine, and a scheduler with workers. Skipped where Dask is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clusters import Clusters

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


def _left(dask_scheduler: object) -> list[str]:
    """The tasks and queues that a scheduler still has."""
    scheduler: object = dask_scheduler
    queues = getattr(scheduler, "extensions")["queues"].queues  # noqa: B009
    return [*getattr(scheduler, "tasks"), *queues]  # noqa: B009
