"""Flows that differ from a valid one in one place, and whether the engine saves them: what mutations have brought to light."""

from __future__ import annotations

import pytest

from flowc.driver import Sources, analyse, generate
from flowc.source import SourceFile

CORE = "io.kestra.plugin.core."
LOG = f"type: {CORE}log.Log, message: hi"
FLOW = "id: f\nnamespace: a.b\ntasks:\n"


def task(text: str) -> str:
    return f"{FLOW}- {{id: t, {text}}}\n"


def default(kind: str, values: str, more: str = "") -> str:
    return f"{task(LOG)}pluginDefaults:\n- {{type: {kind}, values: {values}{more}}}\n"


def retried(attempts: str) -> str:
    return task(f"{LOG}, retry: {{type: constant, interval: PT1S, {attempts}}}")


def request(kind: str) -> str:
    auth = f"options: {{auth: {{type: '{kind}', username: a}}}}"
    return task(f"type: {CORE}http.Request, uri: 'http://x', {auth}")


def of_type(kind: str) -> str:
    return task(LOG.replace(f"{CORE}log.Log", kind))


def counted(flow: str) -> str:
    return task(
        f"type: {CORE}execution.Count, flows: [{flow}], expression: x, startDate: '{{{{ now() }}}}'"
    )


GROUP = f"{LOG}, workerGroup: {{a: null}}"
TABLE = [
    # a default without a value is dropped before the engine's rule against it is asked
    (default("x", "{level: null}"), True),
    (default("1", "{foo: null, level: WARN}"), True),
    (default(f"{CORE}log.Log", "{message: null}", ", forced: true"), True),
    (default(f"{CORE}log.Log", "{foo: null}", ", ref: a"), True),
    (default(f"{CORE}log.Log", "{pluginDefaultsRef: null}"), True),
    (default(f"{CORE}log.Log", "{foo: 1}"), False),
    (default(f"{CORE}log.Log", "null"), False),
    # of two names of one property, what stands last counts
    (retried("maxAttempts: 2, maxAttempt: 3"), True),
    (retried("maxAttempts: 0, maxAttempt: 1"), True),
    (retried("maxAttempt: 0, maxAttempts: 1"), True),
    (retried("maxAttempts: 1, maxAttempt: 0"), False),
    (retried("maxAttempt: 1, maxAttempts: 0"), False),
    (retried("maxAttempt: 0"), False),
    # a name is looked up as it is written
    (request("BASIC"), True),
    (request(".BASIC"), False),
    (retried("maxAttempts: 1").replace("constant", ".constant"), False),
    (of_type(f".{CORE}log.Log"), False),
    (of_type(".Log"), False),
    (f"{task(LOG)}triggers:\n- {{id: a, type: {CORE}trigger.Webhook, key: k}}\n", True),
    (f"{task(LOG)}triggers:\n- {{id: a, type: {CORE[:-1]}}}\n", False),
    # blanks around a constant are none of it; around a name of a type they are
    (task(f"{LOG}, logLevel: 'INFO '"), True),
    (task(f"{LOG}, logLevel: 'I NFO'"), False),
    (task(f"{LOG}, logLevel: 'info '"), False),
    (retried("maxAttempts: 1, behavior: ' RETRY_FAILED_TASK'"), True),
    (f"{task(LOG)}concurrency: {{limit: 1, behavior: ' QUEUE '}}\n", True),
    (f"{task(LOG)}outputs: [{{id: o, type: 'STRING ', value: x}}]\n", True),
    (f"{task(LOG)}inputs: [{{id: i, type: 'STRING '}}]\n", False),
    (f"{task(LOG)}inputs: [{{id: i, type: ARRAY, itemType: ' INT'}}]\n", True),
    (
        f"{task(LOG)}sla: [{{id: s, type: 'MAX_DURATION ', duration: PT1S, behavior: NONE}}]\n",
        False,
    ),
    (f"{task(LOG)}sla: [{{id: s, type: MAX_DURATION, duration: PT1S, behavior: 'NONE '}}]\n", True),
    (retried("maxAttempts: 1").replace("constant", "'constant '"), False),
    # what must be there, and in objects that are not looked into need not
    (task(f"type: {CORE}namespace.UploadFiles, namespace: a.b, files: [a]"), True),
    (task(f"type: {CORE}namespace.UploadFiles, files: [a]"), False),
    (counted("{namespace: a, flowId: b}"), True),
    (counted("{flowId: b}"), True),
    (counted("{}"), True),
    # a number as an id is the text that Java makes of it
    (task(LOG).replace("id: t", "id: 12"), True),
    (task(LOG).replace("id: t", "id: 0.1e-5"), False),
    # only worker groups of the main list are read with their nulls
    (task(GROUP), False),
    (f"{task(LOG)}errors:\n- {{id: e, {GROUP}}}\n", True),
    (task(f"type: {CORE}flow.Sequential, tasks: [{{id: e, {GROUP}}}]"), True),
]


@pytest.mark.parametrize(("flow", "taken"), TABLE)
def test_what_the_engine_saves(flow: str, taken: bool) -> None:
    result = analyse(Sources(SourceFile("flow.yaml", flow)))
    assert any(each.is_error and not each.runtime for each in result.diagnostics) is not taken
    if taken:
        compile(generate(result.require()), "flow.py", "exec")
