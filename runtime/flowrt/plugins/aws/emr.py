"""EMR: clusters and their steps, and applications that need no cluster."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.aws.client import AwsTask
from flowrt.plugins.aws.waiting import WaitingTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

OVER = ("TERMINATED", "TERMINATED_WITH_ERRORS", "WAITING")


class EmrStep(Declared):
    """A program in a JAR, and what becomes of the cluster when it fails."""

    name: Text = prop(STRING)
    jar: Text = prop(STRING)
    main_class: Text | None = prop(STRING, default=None)
    commands: Listing | None = prop(listing(STRING), default=None)
    action_on_failure: Text = prop(
        enum("TERMINATE_CLUSTER", "CANCEL_AND_WAIT", "CONTINUE", "TERMINATE_JOB_FLOW")
    )


def _step(run: RunContext, step: EmrStep) -> dict[str, Any]:
    program: dict[str, Any] = {"Jar": required_text(run, step.jar)}
    main, commands = run.text(step.main_class), run.listing(step.commands)
    if main is not None:
        program["MainClass"] = main
    if commands:
        program["Args"] = [word for each in commands for word in str(each).rstrip(" ").split(" ")]
    return {
        "Name": required_text(run, step.name),
        "ActionOnFailure": required_text(run, step.action_on_failure),
        "HadoopJarStep": program,
    }


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


@task_type("io.kestra.plugin.aws.emr.CreateClusterAndSubmitSteps")
class EmrCreateClusterAndSubmitSteps(WaitingTask):
    """Make a cluster that does steps, and wait for its end if that is wanted; then a kill ends it."""

    service: ClassVar[str] = "emr"
    outputs: ClassVar[dict[str, Kind] | None] = {"jobFlowId": STRING}

    cluster_name: Text = prop(STRING)
    release_label: Text = prop(STRING, default="emr-5.20.0")
    steps: list[EmrStep] | None = prop(listing(record(EmrStep)), default=None)
    applications: Listing | None = prop(listing(STRING), default=None)
    log_uri: Text | None = prop(STRING, default=None)
    job_flow_role: Text = prop(STRING, default="EMR_EC2_DefaultRole")
    visible_to_all_users: Flag = prop(BOOLEAN, default=True)
    service_role: Text = prop(STRING, default="EMR_DefaultRole")
    master_instance_type: Text = prop(STRING)
    slave_instance_type: Text = prop(STRING)
    keep_job_flow_alive_when_no_steps: Flag = prop(BOOLEAN, default=False)
    instance_count: Integer = prop(INTEGER)
    ec2_key_name: Text | None = prop(STRING, default=None)
    ec2_subnet_id: Text | None = prop(STRING, default=None)
    wait: Flag = prop(BOOLEAN, default=False)
    completion_check_interval: Text = prop(DURATION, default="PT10S")
    wait_until_completion: Text = prop(DURATION, default="PT1H")

    async def _wait(self, run: RunContext, client: Any) -> dict[str, Any]:
        from asyncio import CancelledError

        found = await self._ask(run, client.run_job_flow, **self._asked(run))
        number: str = found["JobFlowId"]
        run.log("INFO", f"Cluster created with id : {number}")
        if run.flag(self.wait):
            try:
                await self._ended(run, client, number)
            except CancelledError:
                await run.in_thread(partial(self._terminated, run, number))
                raise
        return {"jobFlowId": number}

    def _asked(self, run: RunContext) -> dict[str, Any]:
        return _known(
            Name=required_text(run, self.cluster_name),
            ReleaseLabel=required_text(run, self.release_label),
            Applications=[{"Name": str(each)} for each in run.listing(self.applications) or ()],
            LogUri=run.text(self.log_uri),
            ServiceRole=run.text(self.service_role),
            JobFlowRole=run.text(self.job_flow_role),
            Instances=_known(
                Ec2SubnetId=run.text(self.ec2_subnet_id),
                Ec2KeyName=run.text(self.ec2_key_name),
                InstanceCount=required(run.integer(self.instance_count)),
                MasterInstanceType=run.text(self.master_instance_type),
                SlaveInstanceType=run.text(self.slave_instance_type),
                KeepJobFlowAliveWhenNoSteps=run.flag(self.keep_job_flow_alive_when_no_steps),
            ),
            Steps=None if self.steps is None else [_step(run, each) for each in self.steps],
            VisibleToAllUsers=run.flag(self.visible_to_all_users, True),
        )

    async def _ended(self, run: RunContext, client: Any, number: str) -> None:
        pause = run.duration(self.completion_check_interval)
        most, started = run.duration(self.wait_until_completion), time.monotonic()
        pause = 10.0 if pause is None else pause
        while True:
            found = await self._ask(run, client.describe_cluster, ClusterId=number)
            state = found["Cluster"]["Status"]["State"]
            if state in OVER:
                run.log("INFO", f"Cluster terminated with status : {state}")
                return
            if most is not None and time.monotonic() - started + pause > most:
                raise TaskFailure(str(state))
            await run.sleep(pause)

    def _terminated(self, run: RunContext, number: str) -> None:
        """End the cluster of a task that is killed; the client of the task is closed by then."""
        try:
            self.client(run).terminate_job_flows(JobFlowIds=[number])
        except Exception as error:
            run.log("WARN", f"Could not terminate cluster {number} on kill: {error}")


@task_type("io.kestra.plugin.aws.emr.SubmitSteps")
class EmrSubmitSteps(AwsTask):
    """Give a cluster more steps."""

    service: ClassVar[str] = "emr"

    cluster_id: Text = prop(STRING)
    steps: list[EmrStep] = prop(listing(record(EmrStep)))
    execution_role_arn: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> None:
        client.add_job_flow_steps(
            **_known(
                JobFlowId=required_text(run, self.cluster_id),
                Steps=[_step(run, each) for each in self.steps],
                ExecutionRoleArn=run.text(self.execution_role_arn),
            )
        )


@task_type("io.kestra.plugin.aws.emr.DeleteCluster")
class EmrDeleteCluster(AwsTask):
    """End clusters."""

    service: ClassVar[str] = "emr"

    cluster_ids: Listing = prop(listing(STRING))

    def _work(self, run: RunContext, client: Any) -> None:
        client.terminate_job_flows(JobFlowIds=run.listing(self.cluster_ids) or [])


@task_type("io.kestra.plugin.aws.emr.CreateServerlessApplicationAndStartJob")
class EmrCreateServerlessApplicationAndStartJob(AwsTask):
    """Make an application of EMR Serverless, and start a job of it."""

    service: ClassVar[str] = "emr-serverless"
    outputs: ClassVar[dict[str, Kind] | None] = {"applicationId": STRING, "jobRunId": STRING}

    release_label: Text = prop(STRING)
    application_type: Text = prop(STRING)
    execution_role_arn: Text = prop(STRING)
    job_name: Text = prop(STRING)
    entry_point: Text = prop(STRING)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        kind, entry = required_text(run, self.application_type), required_text(
            run, self.entry_point
        )
        drivers = {
            "SPARK": {"sparkSubmit": {"entryPoint": entry}},
            "HIVE": {"hive": {"query": entry}},
        }
        driver = drivers.get(kind.upper())
        if driver is None:
            raise TaskFailure(f"Unsupported application rApplicationType: {kind}")
        label = required_text(run, self.release_label)
        number = client.create_application(releaseLabel=label, type=kind)["applicationId"]
        job = client.start_job_run(
            applicationId=number,
            executionRoleArn=required_text(run, self.execution_role_arn),
            name=required_text(run, self.job_name),
            jobDriver=driver,
        )["jobRunId"]
        run.log("INFO", f"Created app {number} and started job {job}")
        return {"applicationId": number, "jobRunId": job}


@task_type("io.kestra.plugin.aws.emr.DeleteServerlessApplication")
class EmrDeleteServerlessApplication(AwsTask):
    """Delete applications of EMR Serverless."""

    service: ClassVar[str] = "emr-serverless"

    application_ids: Listing = prop(listing(STRING))

    def _work(self, run: RunContext, client: Any) -> None:
        numbers = [str(each) for each in run.listing(self.application_ids) or ()]
        for each in numbers:
            client.delete_application(applicationId=each)
        told = ", ".join(numbers)
        run.log("INFO", f"Deleted {len(numbers)} EMR Serverless applications: [{told}]")
