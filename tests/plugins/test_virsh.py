"""Virtual machines: `virsh` itself with libvirt's machine for tests, and a stand-in that keeps machines in a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import program
from plugins.service import PatientRun
from tasks.fake import task

from flowrt.model.failures import TaskFailure

PROGRAM = """#!/bin/sh
# machines are folders; a state that ends with > is on its way to the one behind it
cd "$(dirname "$0")/machines" || exit 1
echo "$@" >> ../said
[ "$1" = --quiet ] && shift
[ "$1" = --connect ] && shift 2
verb=$1; shift
case $verb in
list) for each in *; do [ -d "$each" ] || continue
	case "$1:$(cat "$each/state")" in
	--inactive:"shut off"|--name:running|--name:paused) echo "$each";; esac; done; exit;;
define) name=$(sed -n 's:.*<name>\\(.*\\)</name>.*:\\1:p' "$2"); mkdir -p "$name"; cp "$2" "$name/xml"
	[ -e "$name/state" ] || echo 'shut off' > "$name/state"; exit;;
vol-delete) [ "$4" = kept ] && { echo 'error: in use' >&2; exit 1; }; exit 0;;
esac
name=$2
[ -d "$name" ] || { echo "error: failed to get domain '$name'" >&2; exit 1; }
case $verb in
domstate) cat "$name/state"; [ -e "$name/next" ] && mv "$name/next" "$name/state"; exit 0;;
domuuid) echo "uuid-of-$name";;
dumpxml) cat "$name/xml";;
start) if [ -e "$name/slow" ]; then echo 'no state' > "$name/state"; mv "$name/slow" "$name/next"
	else echo running > "$name/state"; fi;;
shutdown) echo 'in shutdown' > "$name/state"; [ -e "$name/stuck" ] || echo 'shut off' > "$name/next";;
destroy) echo 'shut off' > "$name/state";;
undefine) rm -r "$name";;
esac
"""
XML = "<domain type='kvm'><name>web</name></domain>"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PatientRun:
    folder = tmp_path / "programs"
    (folder / "machines").mkdir(parents=True)
    (folder / "virsh").write_text(PROGRAM)
    (folder / "virsh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return PatientRun(tmp_path)


def machine(run: PatientRun, name: str) -> Path:
    return run.root / "programs" / "machines" / name


def kvm(run: PatientRun, verb: str, /, **properties: Any) -> Any:
    return run.run(task(f"kvm.{verb}", **properties))


def test_the_life_of_a_machine(run: PatientRun) -> None:
    uri = "qemu+ssh://host/system"
    created = kvm(run, "CreateVm", uri=uri, name="web", xml_definition=XML)
    assert created == {"name": "web", "uuid": "uuid-of-web", "state": "VIR_DOMAIN_SHUTOFF"}
    said = (run.root / "programs" / "said").read_text().splitlines()
    assert said[0] == f"--quiet --connect {uri} domstate --domain web"
    again = kvm(run, "CreateVm", name="web", xml_definition="<x/>", start_after_create=True)
    assert again["state"] == "VIR_DOMAIN_RUNNING"
    assert kvm(run, "StartVm", name="web") == {"name": "web", "state": "VIR_DOMAIN_RUNNING"}
    assert "VM web is already running. Skipping start." in run.messages("INFO")
    updated = kvm(run, "UpdateVm", name="web", xml_definition=XML, restart=True)
    assert updated == {"name": "web", "state": "VIR_DOMAIN_RUNNING", "wasRestarted": True}
    assert "<uuid>uuid-of-web</uuid>\n<name>" in (machine(run, "web") / "xml").read_text()
    stopped = kvm(run, "StopVm", name="web", wait_for_stopped=True)
    assert stopped == {"name": "web", "state": "VIR_DOMAIN_SHUTOFF"}
    assert run.slept == [0.1]
    updated = kvm(run, "UpdateVm", name="web", xml_definition=XML, restart=True)
    assert updated["wasRestarted"] is False
    assert kvm(run, "DeleteVm", name="web") == {"success": True, "deletedVolumes": []}
    assert not machine(run, "web").exists()


def test_machines_are_waited_for(run: PatientRun) -> None:
    kvm(run, "CreateVm", name="web", xml_definition=XML)
    (machine(run, "web") / "slow").write_text("running")
    assert kvm(run, "StartVm", name="web", wait_for_running=True)["state"] == "VIR_DOMAIN_RUNNING"
    (machine(run, "web") / "stuck").touch()
    with pytest.raises(TaskFailure, match="Timeout waiting for VM to reach SHUTOFF state after 1s"):
        kvm(run, "StopVm", name="web", wait_for_stopped=True, time_to_wait="PT1S")
    forced = kvm(run, "StopVm", name="web", force=True)
    assert forced["state"] == "VIR_DOMAIN_SHUTOFF"
    (machine(run, "web") / "slow").write_text("crashed")
    with pytest.raises(TaskFailure, match="VM entered terminal state VIR_DOMAIN_CRASHED"):
        kvm(run, "StartVm", name="web", wait_for_running=True)


def test_machines_are_listed(run: PatientRun) -> None:
    for name in ("a", "web"):
        kvm(run, "CreateVm", name=name, xml_definition=XML.replace("web", name))
    kvm(run, "StartVm", name="web")
    found = kvm(run, "ListVms")["vms"]
    assert [(each["name"], each["state"]) for each in found] == [
        ("web", "VIR_DOMAIN_RUNNING"), ("a", "VIR_DOMAIN_SHUTOFF"),
    ]  # fmt: skip
    found = kvm(run, "ListVms", status_filter="vir_domain_shutoff")["vms"]
    assert found == [{"name": "a", "uuid": "uuid-of-a", "state": "VIR_DOMAIN_SHUTOFF"}]


def test_volumes_go_with_their_machine(run: PatientRun) -> None:
    disks = "".join(
        f"<disk type='{kind}' device='{device}'><source pool='p' volume='{name}' file='/f'/></disk>"
        for kind, device, name in (
            ("volume", "disk", "root"), ("volume", "disk", "kept"), ("volume", "cdrom", "cd"),
            ("file", "disk", "file"),
        )
    )  # fmt: skip
    xml = f"<domain><name>web</name><devices>{disks}</devices></domain>"
    kvm(run, "CreateVm", name="web", xml_definition=xml, start_after_create=True)
    found = kvm(run, "DeleteVm", name="web", delete_storage=True)
    assert found == {"success": True, "deletedVolumes": ["p/root"]}
    assert any("Failed to delete volume kept in pool p" in each for each in run.messages("WARN"))


def test_a_machine_that_is_not_there(run: PatientRun) -> None:
    for name in ("StartVm", "StopVm", "DeleteVm"):
        with pytest.raises(TaskFailure, match="virsh domstate: failed to get domain 'none'"):
            kvm(run, name, name="none")
    found = kvm(run, "DeleteVm", name="none", fail_if_not_found=False)
    assert found == {"success": False, "deletedVolumes": []}
    with pytest.raises(TaskFailure, match="`xmlDefinition` names no machine"):
        kvm(run, "CreateVm", name="none", xml_definition="<domain/>")


def test_there_is_no_virsh(run: PatientRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TaskFailure, match="needs the program `virsh`"):
        kvm(run, "ListVms")


@pytest.mark.services
def test_the_program_itself(tmp_path: Path) -> None:
    program("virsh")
    run = PatientRun(tmp_path)
    uri = "test:///default"
    (found,) = kvm(run, "ListVms", uri=uri)["vms"]
    assert (found["name"], found["state"], len(found["uuid"])) == ("test", "VIR_DOMAIN_RUNNING", 36)
    assert kvm(run, "StartVm", uri=uri, name="test")["state"] == "VIR_DOMAIN_RUNNING"
    with pytest.raises(TaskFailure, match="failed to get domain 'none'"):
        kvm(run, "StopVm", uri=uri, name="none")
    assert kvm(run, "DeleteVm", uri=uri, name="test", delete_storage=True)["success"]
