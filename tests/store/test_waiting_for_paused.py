"""An execution that waits for a subflow that is paused: what its program says, and what the verbs make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import Program

CORE = "io.kestra.plugin.core."
CHILD = f"""
id: child
namespace: a.b
tasks:
  - {{id: wait, type: {CORE}flow.Pause}}
"""
AROUND = {
    "Subflow": f"- {{id: s, type: {CORE}flow.Subflow, namespace: a.b, flowId: child}}",
    "ForEachItem": f"""
  - {{id: w, type: {CORE}storage.Write, content: "1\\n2\\n3\\n4\\n5\\n"}}
  - id: s
    type: {CORE}flow.ForEachItem
    items: "{{{{ outputs.w.uri }}}}"
    batch: {{rows: 1}}
    namespace: a.b
    flowId: child""",
}


@pytest.mark.parametrize("around", AROUND)
def test_what_waits_for_a_paused_one_says_how_to_resume_that(tmp_path: Path, around: str) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    program = Program(
        tmp_path, f"id: parent\nnamespace: a.b\ntasks:\n  {AROUND[around].lstrip()}\n"
    )
    ran = program.run()
    paused = [each["id"] for each in reversed(program.list()) if each["flowId"] == "child"]
    lines = ran.stderr.splitlines()
    hints = [line for line in lines if " is paused; resume it: " in line]
    assert ran.returncode == 3
    assert hints == [
        f"child {id} is paused; resume it: python {program.file} resume {id} --store {program.store}"
        for id in paused[:3]
    ]
    more = [f"{len(paused) - 3} more are paused; list them: list --store {program.store}"]
    assert lines[-1:] == (more if len(paused) > 3 else hints)

    [parent] = [each for each in program.list() if each["flowId"] == "parent"]
    assert "interrupted" not in parent
    [line] = [line for line in program.run("list").stdout.splitlines() if "RUNNING" in line]
    assert line.endswith("  parent  (waits for one that is paused)")
    refused = program.run("restart", parent["id"])
    assert refused.returncode == 2
    assert (
        f"is RUNNING: it has not ended. Go on where it stood: resume {parent['id']}"
        in refused.stderr
    )
    again = program.run("resume", parent["id"])
    assert again.returncode == 3 and hints[0] in again.stderr

    codes = [program.run("resume", id).returncode for id in paused]
    assert codes == [3] * (len(paused) - 1) + [0]
    assert {each["state"]["current"] for each in program.list()} == {"SUCCESS"}


def test_who_does_not_wait_for_it_ends_well_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    subflow = {"id": "s", "type": f"{CORE}flow.Subflow", "namespace": "a.b", "flowId": "child"}
    source = {"id": "parent", "namespace": "a.b", "tasks": [{**subflow, "wait": False}]}
    program = Program(tmp_path, json.dumps(source))
    ran = program.run()
    assert ran.returncode == 0
    assert " is paused; resume it: python " in ran.stderr
