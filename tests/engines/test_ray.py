"""Tasks on Ray: processes of this machine, and a cluster of two nodes. Skipped where Ray is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clusters import Clusters

pytest.importorskip("ray", reason="Ray has an environment of its own")

from ray.cluster_utils import Cluster


class TestRay(Clusters):
    name = "ray"

    def test_two_nodes_by_their_address(self, tmp_path: Path) -> None:
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        try:
            cluster.add_node(num_cpus=1)
            cluster.wait_for_nodes()
            assert json.loads(self.run_at(cluster.address, tmp_path)) == {"x": [1, 1, 1, 1]}
        finally:
            cluster.shutdown()
