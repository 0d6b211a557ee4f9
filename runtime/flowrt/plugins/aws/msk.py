"""MSK: clusters of Kafka that AWS runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.java.printing import text_of
from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import required
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.values import instant
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Text

MOST = 100
"""Clusters of a list."""
VOLUME = 100
"""Gigabytes of a broker."""
BROKERS = tuple(
    f"bootstrapBrokerString{each}"
    for each in (
        *("", "Tls", "SaslScram", "SaslIam"),
        *("PublicTls", "PublicSaslScram", "PublicSaslIam"),
    )
)


def moment(value: Any) -> str | None:
    """A point on the time line, as text."""
    return None if value is None else text_of(instant(value))


class MskTask(AwsTask):
    """What the tasks share."""

    service: ClassVar[str] = "kafka"


class ClusterTask(MskTask):
    """A task of a cluster."""

    cluster_arn: Text = prop(STRING)


@task_type("io.kestra.plugin.aws.msk.CreateCluster")
class MskCreateCluster(MskTask):
    """Make a cluster."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(
        ("clusterArn", "clusterName", "state"), STRING
    )

    cluster_name: Text = prop(STRING)
    kafka_version: Text = prop(STRING)
    number_of_broker_nodes: Integer = prop(INTEGER)
    instance_type: Text = prop(STRING)
    client_subnets: Listing = prop(listing(STRING))
    security_groups: Listing = prop(listing(STRING))
    ebs_volume_size: Integer | None = prop(INTEGER, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        size = run.integer(self.ebs_volume_size) or VOLUME
        found = client.create_cluster(
            ClusterName=required_text(run, self.cluster_name),
            KafkaVersion=required_text(run, self.kafka_version),
            NumberOfBrokerNodes=required(run.integer(self.number_of_broker_nodes)),
            BrokerNodeGroupInfo={
                "InstanceType": required_text(run, self.instance_type),
                "ClientSubnets": run.listing(self.client_subnets) or [],
                "SecurityGroups": run.listing(self.security_groups) or [],
                "StorageInfo": {"EbsStorageInfo": {"VolumeSize": size}},
            },
        )
        return {
            "clusterArn": found.get("ClusterArn"),
            "clusterName": found.get("ClusterName"),
            "state": found.get("State"),
        }


@task_type("io.kestra.plugin.aws.msk.DescribeCluster")
class MskDescribeCluster(ClusterTask):
    """What MSK knows of a cluster."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        **dict.fromkeys(
            (
                *("clusterArn", "clusterName", "creationTime", "currentVersion", "kafkaVersion"),
                *("state", "zookeeperConnectString"),
            ),
            STRING,
        ),
        "numberOfBrokerNodes": INTEGER,
    }

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.describe_cluster(ClusterArn=required_text(run, self.cluster_arn))
        info = found["ClusterInfo"]
        return {
            "clusterArn": info.get("ClusterArn"),
            "clusterName": info.get("ClusterName"),
            "state": info.get("State"),
            "currentVersion": info.get("CurrentVersion"),
            "kafkaVersion": (info.get("CurrentBrokerSoftwareInfo") or {}).get("KafkaVersion"),
            "numberOfBrokerNodes": info.get("NumberOfBrokerNodes"),
            "zookeeperConnectString": info.get("ZookeeperConnectString"),
            "creationTime": moment(info.get("CreationTime")),
        }


@task_type("io.kestra.plugin.aws.msk.DeleteCluster")
class MskDeleteCluster(ClusterTask):
    """Delete a cluster."""

    outputs: ClassVar[dict[str, Kind] | None] = {"clusterArn": STRING, "state": STRING}

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        arn = required_text(run, self.cluster_arn)
        version = client.describe_cluster(ClusterArn=arn)["ClusterInfo"].get("CurrentVersion")
        more = {} if version is None else {"CurrentVersion": version}
        found = client.delete_cluster(ClusterArn=arn, **more)
        return {"clusterArn": found.get("ClusterArn"), "state": found.get("State")}


@task_type("io.kestra.plugin.aws.msk.GetBootstrapBrokers")
class MskGetBootstrapBrokers(ClusterTask):
    """Where the brokers of a cluster are."""

    outputs: ClassVar[dict[str, Kind] | None] = dict.fromkeys(BROKERS, STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        found = client.get_bootstrap_brokers(ClusterArn=required_text(run, self.cluster_arn))
        return {name: found.get(name[:1].upper() + name[1:]) for name in BROKERS}


@task_type("io.kestra.plugin.aws.msk.ListClusters")
class MskListClusters(MskTask):
    """The clusters, those whose names begin with a text."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "clusters": listing(mapping()),
        "total": INTEGER,
    }

    cluster_name_filter: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        name = run.text(self.cluster_name_filter)
        asked = {} if name is None else {"ClusterNameFilter": name}
        found: list[dict[str, Any]] = []
        for page in client.get_paginator("list_clusters").paginate(**asked):
            found += map(_cluster, page.get("ClusterInfoList") or ())
            if len(found) >= MOST:
                run.log("WARN", f"Result cap of {MOST} reached; further clusters are omitted.")
                break
        return {"clusters": found[:MOST], "total": len(found[:MOST])}


def _cluster(info: dict[str, Any]) -> dict[str, Any]:
    software = info.get("CurrentBrokerSoftwareInfo") or {}
    return {
        "clusterArn": info.get("ClusterArn", ""),
        "clusterName": info.get("ClusterName", ""),
        "state": info.get("State", ""),
        "kafkaVersion": software.get("KafkaVersion", ""),
        "numberOfBrokerNodes": info.get("NumberOfBrokerNodes", 0),
        "creationTime": moment(info.get("CreationTime")) or "",
    }
