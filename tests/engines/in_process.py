"""A scheduler in this process: what Airflow's own `dag.test()` does for one DAG run, for all runs that one starts.

Each run makes its steps in turn with the others, so what runs at the same time is interleaved, and always alike. A task that
is deferred goes on when what it waits for is there; how many runs of a mapped task there are at once is heeded.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from airflow.models.dagrun import DagRun, get_or_create_dagrun
from airflow.sdk import timezone
from airflow.sdk.api.datamodels._generated import TaskInstance
from airflow.sdk.definitions.dag import _run_task
from airflow.sdk.execution_time.comms import DeferTask
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor
from airflow.sdk.serde import deserialize, serialize
from airflow.serialization.serialized_objects import DagSerialization
from airflow.settings import NonScopedSession
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType

GOING_ON = (DagRunState.QUEUED, DagRunState.RUNNING)
PAUSE = 0.05
"""Seconds between two looks at what can go on, when nothing can."""


class Scheduler:
    """Conducts the runs of some DAGs, by their ids."""

    def __init__(self, dags: dict[str, Any]) -> None:
        self._dags = dags
        self._known = {
            id: DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
            for id, dag in dags.items()
        }
        self._deferred: dict[Any, DeferTask] = {}
        assert NonScopedSession is not None
        self._session: Any = NonScopedSession()

    def run(self, dag_id: str, conf: dict[str, Any]) -> Any:
        """A new run of a DAG, brought to its end. Raises what Airflow raises for params that are refused."""
        now = timezone.utcnow()
        made = get_or_create_dagrun(
            dag=self._known[dag_id],
            start_date=now,
            logical_date=None,
            data_interval=None,
            run_after=now,
            run_id=f"{DagRunType.MANUAL.value}__{uuid4()}",
            session=self._session,
            conf=conf,
            triggered_by=DagRunTriggeredByType.TEST,
            triggering_user_name="tests",
        )
        try:
            while made.state in GOING_ON:
                if not sum(self._step(run) for run in self._runs()):
                    time.sleep(PAUSE)
                self._session.refresh(made)
        finally:
            self._session.close()  # a transaction that stays open would lock the database for all that follow
        return made

    def _runs(self) -> list[Any]:
        self._session.expire_all()
        query = self._session.query(DagRun).filter(DagRun.state.in_(GOING_ON))
        return [run for run in query.order_by(DagRun.id) if run.dag_id in self._dags]

    def _step(self, run: Any) -> bool:
        """Run what can run now; whether there was anything."""
        session = self._session
        run.dag = self._known[run.dag_id]
        if run.state == DagRunState.QUEUED:
            run.set_state(DagRunState.RUNNING)
            run.start_date = timezone.utcnow()
        ready, _ = run.update_state(session=session)
        for each in ready:
            each.try_number += each.state != TaskInstanceState.UP_FOR_RESCHEDULE
            each.state = TaskInstanceState.SCHEDULED
            each.scheduled_dttm = timezone.utcnow()
        session.commit()
        instances = run.get_task_instances(session=session)
        for each in instances:
            if each.state == TaskInstanceState.DEFERRED:
                self._take_up(each)
        busy: dict[str, int] = {}
        for each in instances:
            deferred = each.state == TaskInstanceState.DEFERRED
            busy[each.task_id] = busy.get(each.task_id, 0) + deferred
        scheduled = [each for each in instances if each.state == TaskInstanceState.SCHEDULED]
        ran = False
        for each in sorted(scheduled, key=lambda each: each.map_index):
            task = self._dags[run.dag_id].task_dict[each.task_id]
            limit = task.max_active_tis_per_dagrun
            if limit is not None and busy[each.task_id] >= limit:
                continue
            busy[task.task_id] += self._run(each, task)
            ran = True
        return ran

    def _run(self, instance: Any, task: Any) -> bool:
        """Run a task; whether it is deferred."""
        id = instance.id
        result = _run_task(ti=instance, task=task)
        # whoever has run it has written what became of it, and a task that is tried again is another one
        self._session.rollback()
        if result is not None and isinstance(result.msg, DeferTask):
            self._deferred[id] = result.msg
            return True
        return False

    def _take_up(self, instance: Any) -> None:
        """Have a deferred task go on, when what it waits for is there."""
        told = self._deferred[instance.id]
        given: Any = deserialize(told.trigger_kwargs)  # type: ignore[type-var]
        if "run_ids" in given:
            over = self._session.query(DagRun).filter_by(dag_id=given["dag_id"])
            states = [each.state for each in over.filter(DagRun.run_id.in_(given["run_ids"]))]
            if any(state in GOING_ON for state in states):
                return
        elif "moment" in given and given["moment"] > timezone.utcnow():
            return
        from airflow.sdk._shared.module_loading import import_string

        trigger = import_string(told.classpath)(**given)
        wanted = TaskInstance(
            id=instance.id,
            task_id=instance.task_id,
            dag_id=instance.dag_id,
            run_id=instance.run_id,
            try_number=instance.try_number,
            map_index=instance.map_index,
            dag_version_id=instance.dag_version_id,
        )
        event = InProcessTestSupervisor.run_trigger_in_process(trigger=trigger, ti=wanted)
        del self._deferred[instance.id]
        instance.next_method = told.next_method
        instance.next_kwargs = {"event": serialize(event.payload)} if event else told.next_kwargs
        instance.state = TaskInstanceState.SCHEDULED
        self._session.add(instance)
        self._session.commit()
