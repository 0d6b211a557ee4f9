"""When everything happens, to the instant: the histories of an execution, its runs, their attempts, by a clock that jumps.

A state is a letter with its second behind it. After the runs come the executions that were started, indented.
"""

from __future__ import annotations

import pytest
from running import ran
from timelines import lines

CHILD = {
    "id": "child",
    "namespace": "a.b",
    "tasks": [{"id": "c", "type": "io.kestra.plugin.core.flow.Sleep", "duration": "PT1S"}],
}


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        # a task that is tried again, a look of the engine later
        (
            """\
- {id: f, type: execution.Fail, condition: "{{ taskrun.attemptsCount < 2 }}", retry: {"type": constant, interval: PT2S}}
""",
            """\
c0 r0 F0 g0 r2.05 F2.05 g2.05 r4.1 S4.1
f: c0 u0 r0 F0 g0 c2.05 u2.05 r2.05 F2.05 g2.05 c4.1 u4.1 r4.1 S4.1 | c0 r0 F0, c2.05 r2.05 F2.05, c4.1 r4.1 S4.1
""",
        ),
        # pauses that grow
        (
            """\
- {id: f, type: execution.Fail, retry: {"type": exponential, interval: PT1S, maxInterval: PT3S, maxAttempts: 4}}
""",
            """\
c0 r0 F0 g0 r1.05 F1.05 g1.05 r3.1 F3.1 g3.1 r6.15 F6.15
f: c0 u0 r0 F0 g0 c1.05 u1.05 r1.05 F1.05 g1.05 c3.1 u3.1 r3.1 F3.1 g3.1 c6.15 u6.15 r6.15 F6.15 | c0 r0 F0, c1.05 r1.05 F1.05, c3.1 r3.1 F3.1, c6.15 r6.15 F6.15
""",
        ),
        # the timeout is that of each attempt
        (
            """\
- {id: s, type: flow.Sleep, duration: PT9S, timeout: PT2S, retry: {"type": constant, interval: PT1S, maxAttempts: 2}}
""",
            """\
c0 r0 F2 g2 r3.05 F5.05
s: c0 u0 r0 F2 g2 c3.05 u3.05 r3.05 F5.05 | c0 r0 F2, c3.05 r3.05 F5.05
""",
        ),
        # a failure that is allowed stays one in the attempt
        (
            """\
- {id: s, type: flow.Sleep, duration: PT9S, timeout: PT2S, allowFailure: true}
- {id: t, type: flow.Sleep, duration: PT1S}
""",
            """\
c0 r0 W3
s: c0 u0 r0 W2 | c0 r0 F2
t: c2 u2 r2 S3 | c2 r2 S3
""",
        ),
        # two chains at once
        (
            """\
- {id: each, type: flow.ForEach, values: [a, b, c], concurrencyLimit: 2, tasks: [{id: x, type: flow.Sleep, duration: "PT{{ taskrun.iteration + 1 }}S"}, {id: y, type: flow.Sleep, duration: PT1S}]}
""",
            """\
c0 r0 S6
each: c0 r0 S6 | c0 r0 S6
x[a]: c0 u0 r0 S1 | c0 r0 S1
x[b]: c0 u0 r0 S2 | c0 r0 S2
y[a]: c1 u1 r1 S2 | c1 r1 S2
y[b]: c2 u2 r2 S3 | c2 r2 S3
x[c]: c2 u2 r2 S5 | c2 r2 S5
y[c]: c5 u5 r5 S6 | c5 r5 S6
""",
        ),
        # a pause that begins when another one is over has its whole time
        (
            """\
- id: p
  type: flow.Parallel
  tasks:
    - {id: a, type: flow.Pause, pauseDuration: PT5S}
    - {id: q, type: flow.Sequential, tasks: [{id: b, type: flow.Pause, pauseDuration: PT1S}]}
""",
            """\
c0 r0 p0 t5.05 r5.05 p5.05 t6.1 r6.1 S6.1
p: c0 r0 S6.1 | c0 r0 S6.1
a: c0 r0 p0 S5.05 | c0 r0 S5.05
q: c0 r0 S6.1 | c0 r0 S6.1
b: c0 r5.05 p5.05 S6.1 | c5.05 r5.05 S6.1
""",
        ),
        # what waits for its next attempt ends with its block, and the execution when that attempt would have begun
        (
            """\
- id: p
  type: flow.Parallel
  tasks:
    - {id: q, type: flow.Sequential, tasks: [{id: again, type: execution.Fail, retry: {"type": constant, interval: PT5S, maxAttempts: 3}}]}
    - {id: late, type: flow.Sleep, duration: PT9S, timeout: PT1S}
- {id: no, type: log.Log, message: no}
""",
            """\
c0 r0 g0 r5.05 F5.05
p: c0 r0 F1 | c0 r0 F1
q: c0 r0 F1 | c0 r0
late: c0 u0 r0 F1 | c0 r0 F1
again: c0 u0 r0 F0 g0 F1 | c0 r0 F0
""",
        ),
        # as many at once as are allowed: the next one begins when one has ended
        *(
            (
                f"""\
- id: p
  type: flow.{kind}
  concurrent: 3
  tasks: [{", ".join(each.format(id=id, seconds=seconds) for id, seconds in zip("abcde", (1, 4, 9, 2, 1), strict=True))}]
""",
                """\
c0 r0 S9
p: c0 r0 S9 | c0 r0 S9
a: c0 u0 r0 S1 | c0 r0 S1
b: c0 u0 r0 S4 | c0 r0 S4
c: c0 u0 r0 S9 | c0 r0 S9
d: c1 u1 r1 S3 | c1 r1 S3
e: c3 u3 r3 S4 | c3 r3 S4
""",
            )
            for kind, each in (
                ("Parallel", "{{id: {id}, type: flow.Sleep, duration: PT{seconds}S}}"),
                ("Dag", "{{task: {{id: {id}, type: flow.Sleep, duration: PT{seconds}S}}}}"),
            )
        ),
        # a failure does not end what runs beside it
        (
            """\
- {id: p, type: flow.Parallel, tasks: [{id: x, type: flow.Sleep, duration: PT3S}, {id: f, type: flow.Sleep, duration: PT9S, timeout: PT1S}]}
- {id: n, type: log.Log, message: n}
""",
            """\
c0 r0 F1
p: c0 r0 F1 | c0 r0 F1
x: c0 u0 r0 S3 | c0 r0 S3
f: c0 u0 r0 F1 | c0 r0 F1
""",
        ),
        # started, and waited for or not
        (
            """\
- {id: s, type: flow.Subflow, namespace: a.b, flowId: child}
- {id: t, type: flow.Subflow, namespace: a.b, flowId: child, wait: false}
""",
            """\
c0 r0 S1
s: c0 r0 S1 | c0 r0 S1
t: c1 r1 S1 | c1 r1 S1
  c0 r0 S1
  c: c0 u0 r0 S1 | c0 r0 S1
  c1 r1 S2
  c: c1 u1 r1 S2 | c1 r1 S2
""",
        ),
        # a folder, whose worker does not tell when children are submitted
        (
            """\
- {id: w, type: flow.WorkingDirectory, tasks: [{id: x, type: flow.Sleep, duration: PT1S}, {id: f, type: execution.Fail, condition: "{{ taskrun.attemptsCount < 1 }}", retry: {"type": constant, interval: PT2S}}, {id: y, type: flow.Sleep, duration: PT1S}]}
""",
            """\
c0 r0 g1 r3.05 S4.05
w: c0 r0 S4.05 | c0 r0 S4.05
x: c0 r0 S1 | c0 r0 S1
f: c1 r1 F1 g1 c3.05 u3.05 r3.05 S3.05 | c1 r1 F1, c3.05 r3.05 S3.05
y: c3.05 r3.05 S4.05 | c3.05 r3.05 S4.05
""",
        ),
        # a loop that waits
        (
            """\
- {id: l, type: flow.LoopUntil, condition: "{{ outputs.l.iterationCount >= 3 }}", checkFrequency: {interval: PT5S}, tasks: [{id: x, type: flow.Sleep, duration: PT1S}]}
""",
            """\
c0 r0 p1 r6.05 S7.05
l: c0 r0 p1 r6.05 S7.05 | c6.05 r6.05 S7.05
x: c6.05 u6.05 r6.05 S7.05 | c6.05 r6.05 S7.05
""",
        ),
        # a pause with a task
        (
            """\
- {id: p, type: flow.Pause, pauseDuration: PT5S, tasks: [{id: x, type: flow.Sleep, duration: PT1S}]}
""",
            """\
c0 r0 p0 t5.05 r5.05 S6.05
p: c0 r0 p0 r5.05 S6.05 | c0 r0 S6.05
x: c5.05 u5.05 r5.05 S6.05 | c5.05 r5.05 S6.05
""",
        ),
        # what depends on others
        (
            """\
- id: d
  type: flow.Dag
  tasks:
    - {task: {id: x, type: flow.Sleep, duration: PT1S}}
    - {task: {id: y, type: flow.Sleep, duration: PT2S}, dependsOn: [x]}
    - {task: {id: z, type: flow.Sleep, duration: PT4S}}
""",
            """\
c0 r0 S4
d: c0 r0 S4 | c0 r0 S4
x: c0 u0 r0 S1 | c0 r0 S1
z: c0 u0 r0 S4 | c0 r0 S4
y: c1 u1 r1 S3 | c1 r1 S3
""",
        ),
        # handlers, one list after the other
        (
            """\
- {id: s, type: flow.Sequential, tasks: [{id: f, type: execution.Fail}, {id: n, type: log.Log, message: n}], errors: [{id: e, type: flow.Sleep, duration: PT1S}], finally: [{id: z, type: flow.Sleep, duration: PT2S}]}
""",
            """\
c0 r0 F3
s: c0 r0 F3 | c0 r0 F3
f: c0 u0 r0 F0 | c0 r0 F0
e: c0 u0 r0 S1 | c0 r0 S1
z: c1 u1 r1 S3 | c1 r1 S3
""",
        ),
        # blocks within blocks
        (
            """\
- id: all
  type: flow.Parallel
  concurrent: 2
  tasks:
    - {id: i, type: flow.If, condition: "{{ 1 == 1 }}", then: [{id: x, type: flow.Sleep, duration: PT2S}]}
    - {id: w, type: flow.Switch, value: b, cases: {a: [{id: n, type: log.Log, message: n}], b: [{id: y, type: flow.Sleep, duration: PT1S}]}}
    - {id: q, type: flow.Sequential, tasks: [{id: z, type: flow.Sleep, duration: PT1S, runIf: "{{ 1 == 2 }}"}, {id: v, type: flow.Sleep, duration: PT1S}]}
""",
            """\
c0 r0 S2
all: c0 r0 S2 | c0 r0 S2
i: c0 r0 S2 | c0 r0 S2
w: c0 r0 S1 | c0 r0 S1
x: c0 u0 r0 S2 | c0 r0 S2
y: c0 u0 r0 S1 | c0 r0 S1
q: c1 r1 S2 | c1 r1 S2
z: c1 X1 | c1 X1
v: c1 u1 r1 S2 | c1 r1 S2
""",
        ),
        # a block may fail
        (
            """\
- {id: a, type: flow.AllowFailure, tasks: [{id: f, type: execution.Fail}, {id: n, type: log.Log, message: n}], errors: [{id: e, type: flow.Sleep, duration: PT1S}]}
- {id: t, type: flow.Sleep, duration: PT1S}
""",
            """\
c0 r0 W2
a: c0 r0 W1 | c0 r0 W1
f: c0 u0 r0 F0 | c0 r0 F0
e: c0 u0 r0 S1 | c0 r0 S1
t: c1 u1 r1 S2 | c1 r1 S2
""",
        ),
        # rounds one by one, of which one fails
        (
            """\
- {id: each, type: flow.ForEach, values: [a, b, c], tasks: [{id: x, type: flow.Sleep, duration: PT1S}, {id: f, type: execution.Fail, condition: "{{ taskrun.value == 'b' }}"}]}
""",
            """\
c0 r0 F2
each: c0 r0 F2 | c0 r0 F2
x[a]: c0 u0 r0 S1 | c0 r0 S1
f[a]: c1 u1 r1 S1 | c1 r1 S1
x[b]: c1 u1 r1 S2 | c1 r1 S2
f[b]: c2 u2 r2 F2 | c2 r2 F2
""",
        ),
        # an exit while another task works
        (
            """\
- {id: p, type: flow.Parallel, tasks: [{id: x, type: flow.Sleep, duration: PT9S}, {id: q, type: flow.Sequential, tasks: [{id: y, type: flow.Sleep, duration: PT1S}, {id: z, type: execution.Exit, state: WARNING}]}]}
- {id: n, type: log.Log, message: n}
""",
            """\
c0 r0 W1
p: c0 r0 W1 | c0 r0 W1
x: c0 u0 r0 S9 | c0 r0 S9
q: c0 r0 W1 | c0 r0 W1
y: c0 u0 r0 S1 | c0 r0 S1
z: c1 r1 W1 | c1 r1 W1
""",
        ),
        # an exit that kills
        (
            """\
- {id: p, type: flow.Parallel, tasks: [{id: x, type: flow.Sleep, duration: PT9S}, {id: q, type: flow.Sequential, tasks: [{id: y, type: flow.Sleep, duration: PT1S}, {id: z, type: execution.Exit, state: KILLED}]}]}
- {id: n, type: log.Log, message: n}
""",
            """\
c0 r0 K1
p: c0 r0 K1 | c0 r0 K1
x: c0 u0 r0 K1 | c0 r0 K1
q: c0 r0 K1 | c0 r0 K1
y: c0 u0 r0 S1 | c0 r0 S1
z: c1 r1 K1 | c1 r1 K1
""",
        ),
        # batches of a file
        (
            """\
- {id: w, type: storage.Write, content: "1\\n2\\n"}
- {id: i, type: flow.ForEachItem, items: "{{ outputs.w.uri }}", batch: {rows: 1}, namespace: a.b, flowId: child}
""",
            """\
c0 r0 S1
w: c0 u0 r0 S0 | c0 r0 S0
i: c0 r0 S1 | c0 r0 S1
i_split: c0 u0 r0 S0 | c0 r0 S0
i_items: c0 r0 S1 | c1 S1
i_merge: c1 u1 r1 S1 | c1 r1 S1
  c0 r0 S1
  c: c0 u0 r0 S1 | c0 r0 S1
  c0 r0 S1
  c: c0 u0 r0 S1 | c0 r0 S1
""",
        ),
        # the retry of a block is that of its children
        (
            """\
- {id: s, type: flow.Sequential, retry: {"type": constant, interval: PT3S, maxAttempts: 2}, tasks: [{id: x, type: flow.Sleep, duration: PT1S}, {id: f, type: execution.Fail}]}
""",
            """\
c0 r0 g1 r4.05 F4.05
s: c0 r0 F4.05 | c0 r0 F4.05
x: c0 u0 r0 S1 | c0 r0 S1
f: c1 u1 r1 F1 g1 c4.05 u4.05 r4.05 F4.05 | c1 r1 F1, c4.05 r4.05 F4.05
""",
        ),
    ],
)
def test_when_everything_happens(tasks: str, expected: str) -> None:
    body = "".join(f"  {line}\n" for line in tasks.splitlines())
    found = list(lines(ran(body, "", CHILD)))
    assert found == [line for line in expected.splitlines() if line.strip()]
