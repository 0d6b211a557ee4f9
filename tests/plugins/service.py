"""A web service on the loopback for tests: it keeps what it is asked, and answers as a test says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tasks.fake import FakeRun


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
"""A code, bytes or what becomes JSON, and more headers."""


class Service:
    """`answer` says what a request is answered with; `asked` are the requests so far."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda asked: (200, {})
        self.url = ""

    @property
    def last(self) -> Asked:
        return self.asked[-1]


class Answers:
    """Answers in the order of a list; the last one again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, asked: Asked) -> Any:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return found if isinstance(found, tuple) else (200, found)


class PatientRun(FakeRun):
    """Time is no matter: it keeps how long it was asked to sleep."""

    def __init__(self, root: Path, **variables: Any) -> None:
        super().__init__(root, **variables)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def killed_in_its_sleep(self, work: Any) -> None:
        """Run a task until it sleeps for the first time, and kill it there: it is asking nothing then."""
        asleep = asyncio.Event()

        async def sleep(seconds: float) -> None:
            asleep.set()
            await asyncio.Event().wait()

        async def killed() -> None:
            running = asyncio.ensure_future(work.run(self))
            await asleep.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

        self.sleep = sleep  # type: ignore[method-assign]
        self.wait_for(killed())


@contextmanager
def serving() -> Iterator[Service]:
    """A service for as long as the block lasts."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            service.asked.append(asked)
            code, found, *more = service.answer(asked)
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response_only(code)
            kind = "application/octet-stream" if isinstance(found, bytes) else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_one

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    try:
        yield service
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def rows(run: Any, uri: str) -> list[Any]:
    """The rows of a stored file; `run` is a `tasks.fake.FakeRun`."""
    from flowrt.services.rows import read_row

    return [read_row(line) for line in run.content(uri).splitlines()]


def service_account() -> dict[str, Any]:
    """A service account of Google, as its JSON file has it, with a key of its own."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "proj",
        "client_email": "me@proj.iam.gserviceaccount.com",
        "private_key_id": "k1",
        "private_key": text,
    }
