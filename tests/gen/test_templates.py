"""Templates are expanded when a flow is compiled, so they must be known then."""

from __future__ import annotations

import flowc

FLOW = """
id: caller
namespace: company.team
tasks:
  - {id: stored, type: io.kestra.plugin.core.flow.Template, namespace: company.team, templateId: %s}
"""
TEMPLATE = """
id: greeting
namespace: company.team
tasks:
  - {id: greet, type: io.kestra.plugin.core.log.Log, message: hello}
"""


def test_a_template_is_expanded() -> None:
    source = flowc.compile_text(FLOW % "greeting", templates={"greeting.yaml": TEMPLATE})
    assert 'greet = flow.task(Log("greet", message="hello"))' in source
    assert '"greet": "greeting.yaml:5:5"' in source


def test_a_missing_template_is_refused() -> None:
    found = flowc.check(FLOW % "greeting")
    assert [each.code for each in found] == ["FC410"]
    assert found[0].message == "Can't find flow template 'company.team.greeting'"


def test_a_template_cannot_be_chosen_at_run_time() -> None:
    found = flowc.check(FLOW % '"{{ flow.id }}"', templates={"greeting.yaml": TEMPLATE})
    assert [each.code for each in found] == ["FC411"]
