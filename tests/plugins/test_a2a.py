"""An agent of others: a stand-in that answers in the forms of the protocol's specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import Asked, PatientRun, Service
from tasks.fake import t, task

from flowrt.model.failures import TaskFailure


class Agent:
    """Has a card, and answers each method in turn."""

    def __init__(self, service: Service) -> None:
        self.url = service.url
        self.card: Any = (200, {"name": "a", "url": f"{service.url}/ask"})
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: list[Any] = []
        service.answer = self

    def __call__(self, asked: Asked) -> Any:
        if asked.method == "GET":
            return self.card if asked.path == "/.well-known/agent-card.json" else (404, {})
        self.asked.append((asked.path, asked.json["method"], asked.json["params"]))
        return 200, {
            "jsonrpc": "2.0",
            "id": asked.json["id"],
            **(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]),
        }


@pytest.fixture
def agent(service: Service) -> Agent:
    return Agent(service)


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, what="sum")


def ask(run: PatientRun, agent: Agent) -> Any:
    made = task("ai.agent.A2AClient", server_url=agent.url, prompt=t("a {{ what }}"))
    return run.run(made)["textOutput"]


def text(*lines: str) -> dict[str, Any]:
    return {"parts": [{"kind": "text", "text": line} for line in lines]}


def work(state: str, **more: Any) -> dict[str, Any]:
    return {"result": {"kind": "task", "id": "t1", "status": {"state": state}, **more}}


def test_a_message_is_answered_at_once(run: PatientRun, agent: Agent) -> None:
    agent.answers = [{"result": {"kind": "message", "role": "agent", **text("one", "two")}}]
    assert ask(run, agent) == "one\ntwo"
    path, method, params = agent.asked[0]
    assert (path, method) == ("/ask", "message/send")
    assert params["message"]["parts"] == [{"kind": "text", "text": "a sum"}]
    agent.card = (404, {})
    agent.answers = [{"result": {"kind": "message", "role": "agent", **text("x")}}]
    assert ask(run, agent) == "x" and agent.asked[-1][0] == "/"


def test_work_is_waited_for(run: PatientRun, agent: Agent) -> None:
    done = work("completed", artifacts=[text("5")])
    agent.answers = [work("submitted"), work("working"), done]
    assert ask(run, agent) == "5"
    assert [each[1:] for each in agent.asked[1:]] == [("tasks/get", {"id": "t1"})] * 2
    assert run.slept == [1.0, 1.0]


def test_work_of_a_killed_task_is_cancelled(run: PatientRun, agent: Agent) -> None:
    agent.answers = [work("submitted"), *[work("working")] * 100]
    run.killed_in_its_sleep(task("ai.agent.A2AClient", server_url=agent.url, prompt="p"))
    assert agent.asked[-1][1:] == ("tasks/cancel", {"id": "t1"})


def test_an_agent_that_fails(run: PatientRun, agent: Agent) -> None:
    agent.answers = [{"error": {"code": -32601, "message": "no such method"}}]
    with pytest.raises(TaskFailure, match="The agent answered: no such method"):
        ask(run, agent)
    failed = {"kind": "task", "id": "t1", "status": {"state": "failed", "message": text("broke")}}
    agent.answers = [{"result": failed}]
    with pytest.raises(TaskFailure, match="The agent ended as failed: broke"):
        ask(run, agent)
    agent.answers = [{}]
    with pytest.raises(TaskFailure, match="answered with no result"):
        ask(run, agent)


@pytest.mark.parametrize(
    "answer",
    [
        {"result": [1]},
        {"result": "x"},
        {"error": "no"},
        {"error": {"message": ["no"]}},
        {"result": {"kind": "message", "parts": {"kind": "text", "text": "x"}}},
        {"result": {"kind": "message", "parts": [None]}},
        {"result": {"kind": "message", "parts": [{"kind": "text", "text": 5}]}},
        {"result": {"kind": "task", "id": "t1", "status": "completed"}},
        {"result": {"kind": "task", "id": "t1"}},
        {"result": {"kind": "task", "id": 7, "status": {"state": "working"}}},
        work("asleep"),
        work("failed", status={"state": "failed", "message": "no"}),
        work("completed", artifacts={"parts": []}),
        work("completed", artifacts=[None]),
    ],
    ids=repr,
)
def test_what_is_no_answer_of_the_protocol(run: PatientRun, agent: Agent, answer: Any) -> None:
    agent.answers = [answer]
    with pytest.raises(TaskFailure, match=r"^The agent answered with what is no answer of A2A: "):
        ask(run, agent)


def test_a_card_without_an_address_that_is_a_text(run: PatientRun, agent: Agent) -> None:
    agent.card = (200, {"url": ["x"]})
    with pytest.raises(TaskFailure, match=r"what is no answer of A2A: .+x"):
        ask(run, agent)
