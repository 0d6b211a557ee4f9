"""Flows on Airflow: files that import, and a server with scheduler, workers and API. Skipped where Airflow is not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="Airflow has an environment of its own")

from scheduled import SAID, SCHEDULED

from flowc.driver import Sources, analyse
from flowc.gen.backends import Request, backend
from flowc.source import SourceFile

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONGEST = 400.0
"""Seconds after which a server that does not answer, or a run that does not end, is given up."""

HELLO = """
id: hello
namespace: company.team
inputs:
  - {id: kilograms, type: FLOAT, defaults: 2.5}
tasks:
  - id: by_weight
    type: io.kestra.plugin.core.flow.If
    condition: "{{ inputs.kilograms > 20 }}"
    then:
      - {id: freight, type: io.kestra.plugin.core.debug.Return, format: by train}
    else:
      - {id: parcel, type: io.kestra.plugin.core.debug.Return, format: by bicycle}
outputs:
  - {id: how, type: STRING, value: "{{ outputs.freight.value ?? outputs.parcel.value }}"}
"""

FAILING = """
id: failing
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu, us]
    tasks:
      - {id: check, type: io.kestra.plugin.core.execution.Fail, condition: "{{ taskrun.value == 'us' }}"}
  - {id: never, type: io.kestra.plugin.core.log.Log, message: not reached}
errors:
  - {id: alert, type: io.kestra.plugin.core.debug.Return, format: "{{ tasks.each.state }}"}
finally:
  - {id: cleanup, type: io.kestra.plugin.core.log.Log, message: cleanup}
afterExecution:
  - {id: report, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.state }}"}
"""

MAPPED = """
id: mapped
namespace: company.team
inputs:
  - {id: regions, type: ARRAY, itemType: STRING}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{ inputs.regions }}"
    concurrencyLimit: 2
    tasks:
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
  - {id: done, type: io.kestra.plugin.core.debug.Return, format: "{{ (outputs.load ?? {}) | keys }}"}
outputs:
  - {id: loaded, type: STRING, value: "{{ outputs.done.value }}"}
"""

LOOPS = """
id: loops
namespace: company.team
tasks:
  - id: outer
    type: io.kestra.plugin.core.flow.ForEach
    values: [b, a]
    tasks:
      - {id: first, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}{{ taskrun.iteration }}"}
      - id: inner
        type: io.kestra.plugin.core.flow.ForEach
        values: [x, y]
        concurrencyLimit: 0
        tasks:
          - {id: second, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.first[parent.taskrun.value].value }}"}
          - {id: third, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.second[parent.taskrun.value][taskrun.value].value }}{{ taskrun.value }}"}
outputs:
  - {id: thirds, type: JSON, value: "{{ outputs.third }}"}
"""

BROKEN = """
id: broken
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu, us, apac]
    tasks:
      - {id: check, type: io.kestra.plugin.core.execution.Fail, condition: "{{ taskrun.value == 'us' }}"}
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
    errors:
      - {id: alert, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.load | keys }}"}
    finally:
      - {id: tidy, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.alert.value }}"}
"""

POLLING = """
id: polling
namespace: company.team
tasks:
  - id: poll
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ outputs.seen.value == '2' }}"
    checkFrequency: {interval: PT0.5S}
    tasks:
      - {id: look, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.iteration }}"}
      - {id: seen, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.look.value }}"}
outputs:
  - {id: seen, type: STRING, value: "{{ outputs.seen.value }} {{ outputs.poll.iterationCount }}"}
"""

GROWING = """
id: growing
namespace: company.team
variables:
  pages: [1]
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{ vars.pages }}"
    tasks:
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "page {{ taskrun.value }}"}
      - id: more
        type: io.kestra.plugin.core.execution.SetVariables
        runIf: "{{ taskrun.iteration == 0 }}"
        variables: {pages: [1, 2, 3]}
outputs:
  - {id: loaded, type: JSON, value: "{{ outputs.load }}"}
"""

LIMITED = """
id: limited
namespace: company.team
inputs:
  - {id: most, type: INT, defaults: 1}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.EachParallel
    value: [a, b, c]
    concurrent: "{{ inputs.most }}"
    tasks:
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ (outputs.load ?? {}) | keys }}"}
outputs:
  - {id: seen, type: STRING, value: "{{ outputs.load['c'].value }}"}
"""

ASKING = """
id: asking
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu]
    tasks:
      - {id: ask, type: io.kestra.plugin.core.flow.Pause}
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
outputs:
  - {id: loaded, type: STRING, value: "{{ outputs.load['eu'].value }}"}
"""

BESIDE = """
id: beside
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu, us]
    concurrencyLimit: 0
    tasks:
      - id: maybe
        type: io.kestra.plugin.core.flow.If
        condition: "{{ taskrun.value == 'eu' }}"
        then:
          - {id: ask, type: io.kestra.plugin.core.flow.Pause}
      - {id: check, type: io.kestra.plugin.core.execution.Fail, condition: "{{ taskrun.value == 'us' }}"}
      - {id: load, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
"""

FORKED = """
id: forked
namespace: company.team
tasks:
  - id: fan
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: bad, type: io.kestra.plugin.core.execution.Fail}
      - id: slow
        type: io.kestra.plugin.core.flow.Sequential
        tasks:
          - {id: before, type: io.kestra.plugin.core.debug.Return, format: begun}
          - {id: ask, type: io.kestra.plugin.core.flow.Pause}
          - {id: later, type: io.kestra.plugin.core.debug.Return, format: x}
    errors:
      - {id: alert, type: io.kestra.plugin.core.debug.Return, format: handled}
    finally:
      - {id: tidy, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.before.value }} {{ outputs.alert.value }}"}
errors:
  - {id: report, type: io.kestra.plugin.core.debug.Return, format: "{{ tasks.fan.state }} {{ tasks.slow.state }}"}
"""

COUNTDOWN = """
id: countdown
namespace: company.team
inputs:
  - {id: n, type: INT, defaults: 2}
tasks:
  - id: more
    type: io.kestra.plugin.core.flow.If
    condition: "{{ inputs.n > 0 }}"
    then:
      - id: itself
        type: io.kestra.plugin.core.flow.Subflow
        namespace: "{{ flow.namespace }}"
        flowId: "{{ flow.id }}"
        inputs: {n: "{{ inputs.n - 1 }}"}
outputs:
  - {id: path, type: STRING, value: "{{ inputs.n }}{{ outputs.itself.outputs.path ?? '' }}"}
"""

FLAKY = """
id: flaky
namespace: company.team
tasks:
  - id: unsure
    type: io.kestra.plugin.core.execution.Fail
    condition: "{{ taskrun.attemptsCount < 1 }}"
    retry: {type: constant, interval: PT0.1S, maxAttempts: 3}
"""


ALIKE = {
    "passes-that-end-with-a-block": """
tasks:
  - id: loop
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ outputs.m.value == 'm4' }}"
    checkFrequency: {interval: PT0.1S, maxIterations: 10}
    tasks:
      - id: seq
        type: io.kestra.plugin.core.flow.Sequential
        tasks:
          - {id: m, type: io.kestra.plugin.core.debug.Return, format: "m{{ outputs.loop.iterationCount }}"}
  - {id: end, type: io.kestra.plugin.core.log.Log, message: "end {{ outputs.m.value }}"}
""",
    "log-of-earlier-passes": """
tasks:
  - id: u
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ outputs.u.iterationCount >= 4 }}"
    checkFrequency: {interval: PT0.1S, maxIterations: 5}
    tasks:
      - {id: a, type: io.kestra.plugin.core.execution.Fail, allowFailure: true, errorMessage: "pass {{ outputs.u.iterationCount }}"}
  - {id: fetch, type: io.kestra.plugin.core.log.Fetch, level: ERROR, tasksId: [a]}
  - {id: show, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.fetch.size }} of a, {{ errorLogs()[0].taskId }}"}
""",
    "handlers-and-what-follows": """
tasks:
  - {id: a, type: io.kestra.plugin.core.execution.Fail}
errors:
  - {id: e, type: io.kestra.plugin.core.log.Log, message: "e {{ execution.state }}"}
finally:
  - {id: f, type: io.kestra.plugin.core.log.Log, message: "f {{ execution.state }}"}
afterExecution:
  - {id: z, type: io.kestra.plugin.core.log.Log, message: "z {{ execution.state }}"}
""",
    "listeners": """
tasks:
  - {id: a, type: io.kestra.plugin.core.log.Log, message: hi}
listeners:
  - tasks:
      - {id: always, type: io.kestra.plugin.core.execution.Fail, errorMessage: "heard {{ execution.state }}"}
      - {id: still, type: io.kestra.plugin.core.log.Log, message: "heard {{ tasks.always.state }}"}
  - conditions:
      - {type: io.kestra.plugin.core.condition.ExecutionStatus, in: [FAILED]}
    tasks:
      - {id: never, type: io.kestra.plugin.core.log.Log, message: not heard}
  - conditions:
      - {type: io.kestra.plugin.core.condition.ExecutionStatus, in: [SUCCESS]}
    tasks:
      - id: block
        type: io.kestra.plugin.core.flow.Sequential
        tasks:
          - {id: well, type: io.kestra.plugin.core.log.Log, message: all is well}
afterExecution:
  - {id: z, type: io.kestra.plugin.core.log.Log, message: "z {{ execution.state }}"}
""",
    "blocks-of-disabled-tasks": """
tasks:
  - id: par
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: d1, type: io.kestra.plugin.core.log.Log, message: x, disabled: true}
    errors:
      - {id: e, type: io.kestra.plugin.core.log.Log, message: e}
    finally:
      - {id: f, type: io.kestra.plugin.core.log.Log, message: f}
  - id: seq
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: inner
        type: io.kestra.plugin.core.flow.Sequential
        tasks:
          - {id: d2, type: io.kestra.plugin.core.log.Log, message: x, disabled: true}
  - {id: end, type: io.kestra.plugin.core.log.Log, message: "{{ tasks.par.state }} {{ tasks.seq.state }} {{ tasks.inner.state }}"}
""",
    "log-of-earlier-tries": """
tasks:
  - id: block
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - id: bad
        type: io.kestra.plugin.core.execution.Fail
        errorMessage: "attempt {{ taskrun.attemptsCount }}"
        retry: {type: constant, interval: PT0.1S, maxAttempts: 3}
errors:
  - {id: e, type: io.kestra.plugin.core.log.Log, message: "{{ errorLogs() | length }} errors, {{ errorLogs()[0].message }}"}
""",
    "killed-by-exit": """
tasks:
  - {id: a, type: io.kestra.plugin.core.log.Log, message: a}
  - {id: ex, type: io.kestra.plugin.core.execution.Exit, state: KILLED}
  - {id: b, type: io.kestra.plugin.core.log.Log, message: b}
""",
    "killed-by-exit-in-a-block": """
tasks:
  - id: i
    type: io.kestra.plugin.core.flow.If
    condition: "{{ true }}"
    then:
      - {id: ex, type: io.kestra.plugin.core.execution.Exit, state: KILLED}
  - {id: b, type: io.kestra.plugin.core.log.Log, message: b}
finally:
  - {id: f, type: io.kestra.plugin.core.log.Log, message: "f {{ execution.state }}"}
""",
    "cancelled-by-a-promise": """
sla:
  - {id: assert, type: EXECUTION_ASSERTION, assert: "{{ outputs.a is not defined }}", behavior: CANCEL}
tasks:
  - {id: a, type: io.kestra.plugin.core.debug.Return, format: a}
  - {id: b, type: io.kestra.plugin.core.log.Log, message: b}
""",
    "failed-by-a-check": """
inputs:
  - {id: n, type: INT, defaults: 3}
checks:
  - {condition: "{{ inputs.n > 5 }}", message: too small, behavior: FAIL_EXECUTION}
tasks:
  - {id: a, type: io.kestra.plugin.core.log.Log, message: a}
errors:
  - {id: e, type: io.kestra.plugin.core.log.Log, message: e}
finally:
  - {id: f, type: io.kestra.plugin.core.log.Log, message: f}
afterExecution:
  - {id: z, type: io.kestra.plugin.core.log.Log, message: z}
""",
    "blocked-by-a-check": """
inputs:
  - {id: n, type: INT, defaults: 3}
checks:
  - {condition: "{{ inputs.n > 5 }}", message: too small}
tasks:
  - {id: a, type: io.kestra.plugin.core.log.Log, message: a}
""",
}
"""Flows, without id and namespace, whose executions are those of their programs."""


UNTOLD = frozenset({"PAUSED", "RESTARTED", "RETRYING"})
"""What an execution of several processes does not keep of its states: who else is at work goes on meanwhile."""


def write_module(target: str, text: str, path: Path) -> None:
    """Compile a flow to a module."""
    program = analyse(Sources(SourceFile("flow.yaml", text))).program
    assert program is not None
    for file, source in backend(target).write(Request(program, path, {})).files.items():
        file.write_text(source, "utf-8")


def write_dag(text: str, path: Path) -> None:
    """Compile a flow to a DAG file."""
    write_module("airflow", text, path)


class Server:
    """Airflow with everything that belongs to it, and its API."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.home = home
        bin = Path(sys.executable).parent
        environment = {
            **os.environ,
            "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "runtime"), str(ROOT / "compiler")]),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        }
        self._log = (home / "standalone.log").open("wb")
        self._process = subprocess.Popen(
            [str(bin / "airflow"), "standalone"],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._token = ""

    def close(self) -> None:
        """End all of it."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._log.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the API. Raises `urllib.error.URLError`."""
        if not self._token:
            with urllib.request.urlopen(f"{self.url}/auth/token") as answer:
                self._token = json.load(answer)["access_token"]
        request = urllib.request.Request(
            f"{self.url}/api/v2{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def start(self, dag: str, conf: dict[str, Any]) -> str:
        """Trigger a run; its path in the API."""
        made = self.call("POST", f"/dags/{dag}/dagRuns", {"conf": conf, "logical_date": None})
        return f"/dags/{dag}/dagRuns/{made['dag_run_id']}"

    def make_up(self, dag: str, start: str, end: str) -> str:
        """Have the one run made that a schedule has between two times; its path in the API."""
        body = {"dag_id": dag, "from_date": start, "to_date": end, "reprocess_behavior": "none"}
        self.call("POST", "/backfills", body)

        def made() -> str | None:
            runs = self.call("GET", f"/dags/{dag}/dagRuns?run_type=backfill")["dag_runs"]
            return runs[0]["dag_run_id"] if runs else None

        return f"/dags/{dag}/dagRuns/{until(made)}"

    def ended(self, run: str) -> str:
        """The final state of a run."""

        def look() -> str | None:
            state = self.call("GET", run)["state"]
            return state if state in ("success", "failed") else None

        return str(until(look))

    def states(self, run: str) -> dict[str, str]:
        """The states of the tasks of a run."""
        found = self.call("GET", f"{run}/taskInstances")["task_instances"]
        return {each["task_id"]: each["state"] for each in found}

    def let_go(self, run: str, task: str) -> bool:
        """Whether the scheduler knows that a worker has let a task go that waits: what comes sooner, it takes for a failure."""
        said = (self.home / "standalone.log").read_text("utf-8", "replace")
        id = run.rpartition("/")[2]
        return any(
            f"task_id='{task}', run_id='{id}'" in line
            for line in said.splitlines()
            if "Received executor event with state success" in line
        )

    def runs(self, dag: str, run: str) -> list[dict[str, Any]]:
        """The runs of a body that belong to a run, in the order in which they have begun."""
        id = run.rpartition("/")[2]
        found = self.call("GET", f"/dags/{dag}/dagRuns?order_by=start_date")["dag_runs"]
        return [each for each in found if each["dag_run_id"].startswith(f"{id}__")]

    def value(self, run: str, task: str) -> Any:
        """What a task has returned."""
        return self.call("GET", f"{run}/taskInstances/{task}/xcomEntries/return_value")["value"]


def until(look: Callable[[], Any]) -> Any:
    """What a look finds, as soon as it finds something."""
    end = time.monotonic() + LONGEST
    while (found := look()) is None:
        assert time.monotonic() < end, "given up"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags" / "inner").mkdir(parents=True)
    write_dag(HELLO, home / "dags" / "hello.py")
    write_dag(FAILING, home / "dags" / "failing.py")
    write_dag(FLAKY, home / "dags" / "flaky.py")
    write_dag(MAPPED, home / "dags" / "mapped.py")
    write_dag(LOOPS, home / "dags" / "loops.py")
    write_dag(BROKEN, home / "dags" / "broken.py")
    write_dag(POLLING, home / "dags" / "polling.py")
    write_dag(GROWING, home / "dags" / "growing.py")
    write_dag(LIMITED, home / "dags" / "limited.py")
    write_dag(ASKING, home / "dags" / "asking.py")
    write_dag(FORKED, home / "dags" / "forked.py")
    write_dag(SCHEDULED, home / "dags" / "scheduled.py")
    # the program beside it is found in a folder of its own, too
    write_dag(COUNTDOWN, home / "dags" / "inner" / "countdown.py")
    write_dag(BESIDE, home / "dags" / "beside.py")
    shutil.copy(ROOT / "examples" / "targets" / "airflow" / "nightly_orders.py", home / "dags")
    found = Server(home)
    try:

        def ready() -> bool | None:
            try:
                return found.call("GET", "/dags")["total_entries"] == 23 or None
            except (urllib.error.URLError, ConnectionError):
                return None

        until(ready)
        assert found.call("GET", "/importErrors")["import_errors"] == []
        yield found
    finally:
        found.close()


def test_a_branch_and_its_outputs(server: Server) -> None:
    run = server.start("company.team.hello", {"kilograms": 30})
    assert server.ended(run) == "success"
    states = server.states(run)
    assert (states["freight"], states["parcel"]) == ("success", "skipped")
    assert server.value(run, "finish") == {"how": "by train"}


def test_a_schedule_gives_the_inputs_and_tells_its_date(server: Server) -> None:
    run = server.make_up("company.team.scheduled", "2024-03-30T00:00:00Z", "2024-03-30T23:00:00Z")
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"said": SAID}


def test_inputs_are_checked_when_a_run_is_triggered(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.start("company.team.hello", {"kilograms": "heavy"})
    assert refused.value.code == 400


def test_handlers_and_the_state_of_a_run(server: Server) -> None:
    run = server.start("company.team.failing", {})
    assert server.ended(run) == "failed"
    states = server.states(run)
    assert (states["each__join"], states["never"]) == ("upstream_failed", "upstream_failed")
    assert server.value(run, "alert") == {"value": "FAILED"}
    assert server.value(run, "report") == {"value": "FAILED"}
    assert states["cleanup"] == "success"


def test_a_loop_is_a_mapped_step(server: Server) -> None:
    run = server.start("company.team.mapped", {"regions": ["eu", "us", "apac"]})
    assert server.ended(run) == "success"
    found = server.call("GET", f"{run}/taskInstances")["task_instances"]
    assert sorted(each["map_index"] for each in found if each["task_id"] == "load") == [0, 1, 2]
    # in the order of a hash map, as in Kestra
    assert server.value(run, "finish") == {"loaded": '["eu","apac","us"]'}


def test_a_loop_over_nothing_goes_on(server: Server) -> None:
    run = server.start("company.team.mapped", {"regions": []})
    assert server.ended(run) == "success"
    assert server.states(run)["done"] == "success"


def numbers(runs: list[dict[str, Any]]) -> list[int]:
    """The numbers of the rounds that some runs of a body are."""
    return [each["conf"]["rounds"][-1]["number"] for each in runs]


def test_rounds_are_runs_of_the_body(server: Server) -> None:
    run = server.start("company.team.loops", {})
    assert server.ended(run) == "success"
    expected = {
        value: {each: {"value": f"{value}{n}{each}"} for each in "xy"}
        for n, value in enumerate("ba")
    }
    assert server.value(run, "finish") == {"thirds": expected}
    outer = server.runs("company.team.loops__outer", run)
    assert numbers(outer) == [0, 1]
    assert outer[0]["end_date"] <= outer[1]["start_date"]
    for each in outer:
        inner = server.runs("company.team.loops__inner", f"/{each['dag_run_id']}")
        assert sorted(numbers(inner)) == [0, 1]


def test_a_round_that_fails_is_the_last(server: Server) -> None:
    run = server.start("company.team.broken", {})
    assert server.ended(run) == "failed"
    assert numbers(server.runs("company.team.broken__each", run)) == [0, 1]
    assert server.value(run, "tidy") == {"value": '["eu"]'}


def test_rounds_may_add_values(server: Server) -> None:
    run = server.start("company.team.growing", {})
    assert server.ended(run) == "success"
    loaded = {each: {"value": f"page {each}"} for each in "123"}
    assert server.value(run, "finish") == {"loaded": loaded}
    assert numbers(server.runs("company.team.growing__each", run)) == [0, 1, 2]


def test_a_limit_of_rounds_may_be_an_input(server: Server) -> None:
    """Each round sees those that have ended before it, which are all with one at a time."""
    run = server.start("company.team.limited", {"most": 1})
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"seen": '["a","b"]'}


def test_a_loop_goes_on_until_its_condition_holds(server: Server) -> None:
    run = server.start("company.team.polling", {})
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"seen": "2 3"}
    assert numbers(server.runs("company.team.polling__poll", run)) == [0, 1, 2]


def test_runs_of_a_body_are_named_by_number_and_value() -> None:
    from flowrt.targets.airflow.places import Round, run_of

    ids = [run_of("each", Round("dag", "run", number, value)) for number, value in enumerate("ab")]
    assert [each[:-6] for each in ids] == ["run__each_0_", "run__each_1_"]
    assert run_of("each", Round("dag", "run", 0, "b"))[-6:] == ids[1][-6:] != ids[0][-6:]
    assert run_of("poll", Round("dag", "run", 2)) == "run__poll_2"
    long = [run_of("each", Round("dag", "r" * length, 3, "a")) for length in (245, 246)]
    assert all(len(each) < 250 for each in long)
    assert long[0] != long[1]


def asked_in_a_round(server: Server, run: str) -> str:
    """The run of the body of a loop that waits for somebody."""
    body = f"{run.split('/')[2]}__each"

    def asked() -> str | None:
        for each in server.runs(body, run):
            found = f"/dags/{body}/dagRuns/{each['dag_run_id']}"
            if server.states(found).get("ask__ask") == "awaiting_input":
                return found if server.let_go(found, "ask__ask") else None
        return None

    return str(until(asked))


def answer(server: Server, run: str, task: str, given: dict[str, Any]) -> None:
    """Answer a task that asks."""
    body = {"chosen_options": ["Resume"], "params_input": given}
    server.call("PATCH", f"{run}/taskInstances/{task}/-1/hitlDetails", body)


def test_somebody_answers_a_pause_in_a_round(server: Server) -> None:
    run = server.start("company.team.asking", {})
    answer(server, asked_in_a_round(server, run), "ask__ask", {})
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"loaded": "eu"}


def test_rounds_of_a_run_that_is_over_go_no_further(server: Server) -> None:
    run = server.start("company.team.asking", {})
    body = asked_in_a_round(server, run)
    server.call("PATCH", run, {"state": "failed"})
    answer(server, body, "ask__ask", {})
    assert server.ended(body) == "failed"
    assert server.states(body)["load"] == "upstream_failed"


def test_nothing_begins_when_another_round_has_failed(server: Server) -> None:
    run = server.start("company.team.beside", {})
    asking = asked_in_a_round(server, run)
    until(lambda: "failed" in server.states(run).values() or None)
    answer(server, asking, "ask__ask", {})
    assert server.ended(run) == "failed"
    states = server.states(asking)
    assert (states["ask"], states["check"], states["load"]) == ("success", "skipped", "skipped")


def test_handlers_begin_while_other_branches_are_at_work(server: Server) -> None:
    """Nothing more begins in these, and the block ends when they have."""
    run = server.start("company.team.forked", {})
    until(lambda: server.states(run).get("alert") == "success" or None)
    until(lambda: server.states(run).get("ask__ask") == "awaiting_input" or None)
    until(lambda: server.let_go(run, "ask__ask") or None)
    assert server.states(run)["tidy"] is None
    answer(server, run, "ask__ask", {})
    assert server.ended(run) == "failed"
    states = server.states(run)
    assert (states["before"], states["ask"], states["later"]) == ("success", "skipped", "skipped")
    assert server.value(run, "tidy") == {"value": "begun handled"}
    assert server.value(run, "report") == {"value": "FAILED FAILED"}


def test_a_flow_that_starts_itself(server: Server) -> None:
    run = server.start("company.team.countdown", {"n": 2})
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"path": "210"}


def test_airflow_tries_again(server: Server) -> None:
    run = server.start("company.team.flaky", {})
    assert server.ended(run) == "success"
    [task] = [
        each
        for each in server.call("GET", f"{run}/taskInstances")["task_instances"]
        if each["task_id"] == "unsure"
    ]
    assert task["try_number"] == 2


def test_somebody_answers_a_pause(server: Server) -> None:
    run = server.start("shop.orders.nightly_orders", {"mode": "fast"})

    def asked() -> bool | None:
        waits = server.states(run).get("approve__ask") == "awaiting_input"
        return (waits and server.let_go(run, "approve__ask")) or None

    until(asked)
    answer(server, run, "approve__ask", {"approved": True, "note": "go"})
    assert server.ended(run) == "success"
    assert server.value(run, "finish") == {"booked": "booked 3 regions, note: go"}


def test_files_are_imported_without_errors(tmp_path: Path) -> None:
    """Every flow at hand, by the DAG processor's own reader."""
    paths = sorted(
        [
            *(ROOT / "examples").glob("*/flow.yaml"),
            *(ROOT / "tests" / "conformance" / "corpus").glob("*/*/main.yaml"),
        ]
    )
    dags = tmp_path / "dags"
    dags.mkdir()
    for number, path in enumerate(paths):
        program = analyse(Sources.read(path, path.parent)).program
        if program is not None:
            request = Request(program, dags / f"dag{number}.py", {}, formatted=False)
            for file, text in backend("airflow").write(request).files.items():
                file.write_text(text, "utf-8")
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "from airflow.dag_processing.dagbag import BundleDagBag\n"
        "bag = BundleDagBag(dag_folder=sys.argv[1], bundle_path=sys.argv[1], bundle_name='dags-folder')\n"
        "print(json.dumps([len(bag.dags), bag.import_errors]))\n"
    )
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "runtime"), str(ROOT / "compiler")]),
    }
    found = subprocess.run(
        [sys.executable, "-c", code, str(dags)], env=environment, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr[-3000:]
    count, errors = json.loads(found.stdout.splitlines()[-1])
    assert errors == {}
    assert count > 80


ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT / "runtime"), str(ROOT / "compiler")]),
}


@pytest.fixture(scope="module")
def executions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """What the runs of flows leave on Airflow, and what their programs do."""
    home = tmp_path_factory.mktemp("alike")
    programs = {}
    for name, text in ALIKE.items():
        flow = f"id: alike\nnamespace: company.team\n{text}"
        for target in ("airflow", "python"):
            (home / target / name).mkdir(parents=True)
            write_module(target, flow, home / target / name / "flow.py")
        programs[name] = executed(home / "python" / name)
    folders = [str(home / "airflow" / name) for name in ALIKE]
    command = [sys.executable, str(HERE / "documents_on_airflow.py"), str(home / "out"), *folders]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((home / "out").read_text("utf-8"))
    return {
        name: (each, program) for each, (name, program) in zip(found, programs.items(), strict=True)
    }


def executed(folder: Path) -> Any:
    """The execution document of a program; None where its start is refused."""
    command = [sys.executable, "flow.py", "--execution", "document.json"]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True)
    document = folder / "document.json"
    return json.loads(document.read_text("utf-8")) if document.exists() else None


@pytest.mark.parametrize("name", ALIKE)
def test_an_execution_is_that_of_the_program(
    executions: dict[str, tuple[Any, Any]], name: str
) -> None:
    found, expected = executions[name]
    if expected is None:  # its start is refused
        assert found == "the run left no execution"
        return
    assert shown(found) == shown(expected)


def shown(document: Any) -> dict[str, Any]:
    """What two executions have in common that are alike: all but ids and times."""
    return {
        "states": [
            state
            for state, _ in groupby(
                each["state"]
                for each in document["state"]["histories"]
                if each["state"] not in UNTOLD
            )
        ],
        "runs": [
            (run["taskId"], run.get("value"), run["state"]["current"])
            for run in document.get("taskRunList") or ()
        ],
        "log": [
            (entry["level"], entry.get("taskId"), entry["message"])
            for entry in document.get("logs") or ()
            if entry["level"] != "DEBUG"
        ],
        "outputs": document.get("outputs"),
    }
