"""Flows that start one another: which belong together, and what is found between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.driver import Project
from flowc.link import Unit

LOG = "io.kestra.plugin.core.log.Log"
SUBFLOW = "io.kestra.plugin.core.flow.Subflow"


def flow(name: str, *starts: str, extra: str = "", message: str = "hi") -> str:
    calls = "".join(
        f"  - {{id: call{n}, type: {SUBFLOW}, namespace: a.b, flowId: {each}}}\n"
        for n, each in enumerate(starts)
    )
    return (
        f"id: {name}\nnamespace: a.b\n{extra}tasks:\n"
        f"  - {{id: say, type: {LOG}, message: {message}}}\n{calls}"
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts: str) -> None:
    for name, text in texts.items():
        path = Path(f"{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def codes(*paths: str, **options: Path) -> list[str]:
    project = Project([Path(path) for path in paths], **options)
    return [each.code for each in project.findings()]


def named(project: Project, name: str) -> Unit:
    return next(unit for unit in project.units if unit.key == ("a.b", name))


def test_the_own_folder_is_searched_without_being_told() -> None:
    write(main=flow("main", "child"), child=flow("child"))
    project = Project([Path("main.yaml")])
    assert project.findings() == []
    assert [each.id for each in project.program(project.units[0]).others] == ["child"]


def test_other_folders_are_searched_when_they_are_named(folder: Path) -> None:
    (folder / "here").mkdir()
    (folder / "there").mkdir()
    (folder / "here" / "main.yaml").write_text(flow("main", "child"))
    (folder / "there" / "child.yaml").write_text(flow("child"))
    assert codes("here/main.yaml") == ["FC420"]
    assert codes("here/main.yaml", flows=Path("there")) == []


def test_a_refused_child_refuses_its_callers_with_its_own_findings() -> None:
    write(
        top=flow("top", "middle"),
        middle=flow("middle", "bad"),
        bad=flow("bad").replace("message", "mesage"),
        other=flow("other"),
    )
    project = Project([Path()])
    refused = {unit.key[1] for unit in project.units if unit.key and project.is_refused(unit)}
    assert refused == {"top", "middle", "bad"}
    (found,) = project.findings()
    assert (found.code, found.span.file.name) == ("FC201", "bad.yaml")
    (alone,) = Project([Path("top.yaml")]).findings()
    assert (alone.code, alone.span.file.name) == ("FC201", "bad.yaml")


def test_a_child_that_is_no_yaml_is_named() -> None:
    write(main=flow("main", "bad"), bad="id: bad\nnamespace: a.b\ntasks:\n  - id: a\n   type: x\n")
    assert codes("main.yaml") == ["FC101"]


def test_names_made_of_the_own_name_are_names() -> None:
    text = flow("main", "child").replace("namespace: a.b,", 'namespace: "{{ flow.namespace }}",')
    write(main=text, child=flow("child"), unrelated=flow("unrelated"))
    project = Project([Path("main.yaml")])
    assert project.findings() == []
    assert [each.id for each in project.program(project.units[0]).others] == ["child"]


def test_names_of_run_time_take_the_flows_that_fit() -> None:
    text = flow("main", '"{{ inputs.kind }}"', extra="inputs: [{id: kind, type: STRING}]\n")
    elsewhere = flow("far").replace("a.b", "c.d")
    write(main=text, one=flow("one"), bad=flow("bad").replace("message", "mesage"), far=elsewhere)
    project = Project([Path("main.yaml")])
    (warning,) = project.findings()
    assert warning.code == "FC428" and "far" not in warning.message
    assert (
        "candidates: a.b.one; left out, because they cannot be compiled: a.b.bad" in warning.message
    )
    assert [each.id for each in project.program(project.units[0]).others] == ["one"]


def test_flows_of_run_time_are_noted() -> None:
    text = flow("main", '"{{ inputs.kind }}"', extra="inputs: [{id: kind, type: STRING}]\n")
    write(main=text, one=flow("one"))
    (note,) = Project([Path("main.yaml")]).findings()
    assert (note.code, note.severity) == ("FC427", "note")


def test_two_files_with_one_flow() -> None:
    write(one=flow("same"), two=flow("same"))
    (found,) = Project([Path()]).findings()
    assert (found.code, found.is_error, found.span.file.name) == ("FC421", False, "two.yaml")
    write(main=flow("main", "same"))
    (found,) = Project([Path()]).findings()
    assert (found.code, found.is_error, found.span.file.name) == ("FC421", True, "main.yaml")


@pytest.mark.parametrize(
    ("back", "found"),
    [
        (flow("two", "one"), ["FC422"]),
        (flow("two", "one").replace(f"type: {SUBFLOW}", f"runIf: x, type: {SUBFLOW}"), []),
        (flow("two"), []),
    ],
)
def test_circles_without_end(back: str, found: list[str]) -> None:
    write(one=flow("one", "two"), two=back)
    assert codes("one.yaml") == codes(".") == found


def test_long_chains_are_linked_once() -> None:
    for number in range(300):
        write(**{f"f{number}": flow(f"f{number}", f"f{number + 1}")})
    project = Project([Path()])
    (found,) = project.findings()
    assert found.code == "FC420"
    assert len(project.program(named(project, "f0")).modules) == 300


def test_inputs_of_forms_and_of_maps() -> None:
    inputs = (
        "inputs:\n  - {id: form, type: FORM, inputs: [{id: a, type: INT}, {id: b, type: INT}]}\n"
    )
    write(child=flow("child", extra=inputs))

    def given(text: str) -> list[str]:
        write(main=flow("main", "child").replace("flowId: child", f"flowId: child, inputs: {text}"))
        return codes("main.yaml")

    assert given("{form.a: 1, form.b: 2}") == []
    assert given("{form: {a: 1, b: 2}}") == []
    assert given("{form.a: 1}") == ["FC423"]
    assert given("{form.a: '{{ 1 }}', form.b: 2}") == []
    assert given('"{{ {} }}"') == ["FC203"]  # the map is written out


def test_outputs_are_those_of_the_child() -> None:
    write(child=flow("child") + "outputs: [{id: n, type: INT, value: 1}]\n")

    def reads(name: str, options: str = "") -> list[str]:
        caller = flow("main", "child").replace("flowId: child", f"flowId: child{options}")
        write(main=f'{caller}  - {{id: t, type: {LOG}, message: "{{{{ {name} }}}}"}}\n')
        return codes("main.yaml")

    assert reads("outputs.call0.outputs.n") == []
    assert reads("outputs.call0.outputs.m") == ["FC426"]
    assert reads("outputs.call0.outputs.m ?? 1") == []
    assert reads("outputs.call0.outputs.m", ", outputs: {m: '{{ 1 }}'}") == []


def listening(name: str, conditions: str = "[]", more: str = "") -> str:
    """A flow with a Flow trigger."""
    trigger = f"  - id: hear\n    type: io.kestra.plugin.core.trigger.Flow\n    conditions: {conditions}\n{more}"
    return f"{flow(name)}triggers:\n{trigger}"


def of(name: str, kind: str = "ExecutionFlow", **values: str) -> str:
    given = {"namespace": "a.b", **({"flowId": name} if name else {}), **values}
    rest = ", ".join(f"{key}: {value}" for key, value in given.items())
    return f"{{type: io.kestra.plugin.core.condition.{kind}, {rest}}}"


def several(*names: str) -> str:
    """A condition that waits for several flows."""
    conditions = ", ".join(f"{name}: {of(name)}" for name in names)
    return (
        f"{{type: io.kestra.plugin.core.condition.MultipleCondition, id: {'_'.join(names)},"
        f" conditions: {{{conditions}}}}}"
    )


def hearers(**texts: str) -> tuple[str, ...]:
    """The names of the flows that listen to `main`, of those that are at hand."""
    write(main=flow("main"), **texts)
    project = Project([Path("main.yaml")], flow_triggers=True)
    program = project.program(named(project, "main"))
    assert {each.key for each in program.others} == set(program.heard_by)
    return tuple(name for _, name in program.heard_by)


@pytest.mark.parametrize(
    ("conditions", "more", "hears"),
    [
        ("[]", "", True),
        (f"[{of('main')}]", "", True),
        (f"[{of('other')}]", "", False),
        (f"[{of('main')}, {of('other')}]", "", False),
        (f"""[{of('"{{ execution.id }}"')}]""", "", True),
        (f"[{of('', 'ExecutionNamespace')}]", "", True),
        (f"[{of('', 'ExecutionNamespace', namespace='a')}]", "", False),
        (f"[{of('', 'ExecutionNamespace', namespace='a', prefix='true')}]", "", True),
        (f"[{of('', 'ExecutionNamespace', namespace='a', comparison='PREFIX')}]", "", True),
        (f"[{of('', 'ExecutionNamespace', namespace='b', comparison='SUFFIX')}]", "", True),
        (f"[{of('', 'Or', conditions='[' + of('other') + ', ' + of('main') + ']')}]", "", True),
        (f"[{of('', 'Or', conditions='[' + of('other') + ']')}]", "", False),
        (f"[{of('', 'Not', conditions='[' + of('main') + ']')}]", "", True),
        (f"[{several('other', 'main')}]", "", True),
        (f"[{several('other')}]", "", False),
        (f"[{several('other')}, {several('main')}]", "", True),
        (f"[{several('main')}, {of('other')}]", "", False),
        (f"[{several('other')}, {of('main')}]", "", False),
        ("[]", "    disabled: true\n", False),
        ("[]", "    disabled: 'true'\n", False),
        ("[]", "    disabled: 'false'\n", True),
        ("[]", "    stopAfter: [SUCCESS]\n", True),
        ("[]", "    preconditions: {id: p, flows: [{namespace: a.b, flowId: main}]}\n", True),
        ("[]", "    preconditions: {id: p, flows: [{namespace: a.b, flowId: other}]}\n", False),
        ("[]", "    preconditions: {id: p, flows: [{namespace: a.b}]}\n", True),
    ],
)
def test_flows_come_along_that_may_hear(conditions: str, more: str, hears: bool) -> None:
    conditions = conditions.replace("namespace: a.b, conditions", "conditions")
    assert hearers(after=listening("after", conditions, more)) == (("after",) if hears else ())


def test_flows_hear_of_those_that_hear_and_of_what_they_start() -> None:
    found = hearers(
        first=listening("first", f"[{of('main')}]"),
        second=listening("second", f"[{of('first')}]"),
        apart=listening("apart", f"[{of('nobody')}]"),
    )
    assert found == ("first", "second")


def test_nobody_hears_without_being_asked_for() -> None:
    write(main=flow("main"), after=listening("after"))
    project = Project([Path("main.yaml")])
    program = project.program(named(project, "main"))
    assert program.others == () and program.heard_by == ()


def test_a_flow_that_cannot_be_compiled_hears_nothing_and_refuses_nothing() -> None:
    write(main=flow("main"), broken=listening("broken").replace("message", "mesage"))
    project = Project([Path("main.yaml")], flow_triggers=True)
    assert [each.code for each in project.findings()] == ["FC430"]
    assert not project.is_refused(named(project, "main"))
    assert project.program(named(project, "main")).others == ()


@pytest.mark.parametrize(
    "text",
    [
        "    when: '{{ true }}'\n",
        "    dependsOn: [{namespace: a.b, flowId: main}]\n",
        "    mode: ANY\n",
        "    window: {every: PT1H}\n",
        "    minSatisfied: 1\n",
    ],
)
def test_a_listener_of_a_later_version_is_left_out(text: str) -> None:
    write(main=flow("main"), after=listening("after", more=text))
    project = Project([Path("main.yaml")], flow_triggers=True)
    (found,) = project.findings()
    assert found.code == "FC430" and found.notes[0].text.startswith("FC219: ")
    assert project.program(named(project, "main")).others == ()


def test_a_listener_that_cannot_be_read_is_named_with_the_reason() -> None:
    write(main=flow("main"), after=listening("after") + "  - {\n", apart=flow("apart") + "  - {\n")
    project = Project([Path("main.yaml")], flow_triggers=True)
    (found,) = project.findings()
    assert found.code == "FC430" and "a.b.after" in found.message and "apart" not in found.message
    assert found.notes[0].text.startswith("FC10")


def test_a_file_beside_that_is_no_text_is_named_and_refuses_nothing(folder: Path) -> None:
    write(main=flow("main"))
    (folder / "after.yaml").write_bytes(listening("after", more="    # h\xe9\n").encode("latin-1"))
    project = Project([Path("main.yaml")], flow_triggers=True)
    (found,) = project.findings()
    assert found.code == "FC110" and not found.is_error and project.unreadable == 0
    assert not project.is_refused(named(project, "main"))
    assert [each.code for each in Project([folder]).findings() if each.is_error] == ["FC110"]


def test_a_listener_in_two_files_is_refused() -> None:
    write(main=flow("main"), after=listening("after"), copy=listening("after"))
    project = Project([Path("main.yaml")], flow_triggers=True)
    (found,) = project.findings()
    assert found.code == "FC421" and found.is_error
    places = [note.span.file.name for note in found.notes if note.span is not None]
    assert sorted(places) == ["after.yaml", "copy.yaml"]
    assert project.is_refused(named(project, "main"))
    assert not Project([Path("main.yaml")]).is_refused(named(project, "main"))


def test_a_copy_of_a_flow_does_not_hear_it() -> None:
    text = listening("main", "[]")
    write(main=text, copy=text)
    project = Project([Path("main.yaml")], flow_triggers=True)
    assert project.program(project.units[0]).others == ()


def test_flows_of_a_folder_hear_one_another() -> None:
    write(main=flow("main"), after=listening("after", f"[{of('main')}]"), other=listening("other"))
    project = Project([Path(".")], flow_triggers=True)
    heard = {
        unit.key: project.program(unit).heard_by for unit in project.units if unit.key is not None
    }
    assert heard == {
        ("a.b", "main"): (("a.b", "after"), ("a.b", "other")),
        ("a.b", "after"): (("a.b", "other"),),
        ("a.b", "other"): (),
    }


def test_what_is_wrong_with_an_output_is_told_where_it_is_alone() -> None:
    wrong = 'outputs: [{id: n, type: STRING, value: "1", of: x}]\n'
    told = f'  - {{id: t, type: {LOG}, message: "{{{{ outputs.call0.outputs.n }}}}"}}\n'
    write(main=flow("main", "child") + told, child=flow("child", extra=wrong))
    found = Project([Path("main.yaml"), Path("child.yaml")]).findings()
    assert [(each.code, each.span.file.name) for each in found if each.code != "FC425"] == [
        ("FC201", "child.yaml"),
    ]
