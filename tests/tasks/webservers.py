"""A server of single answers, which may be anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable


class Server:
    """Says to each connection what it is told to say, and keeps what it hears."""

    def __init__(self, say: Callable[[socket.socket, bytes], None]) -> None:
        self.heard: list[bytes] = []
        self._say = say
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            heard = b""
            while b"\r\n\r\n" not in heard:
                data = connection.recv(65536)
                if not data:
                    return
                heard += data
            self.heard.append(heard)
            try:
                self._say(connection, heard)
            except OSError:
                pass

    def close(self) -> None:
        self.over.set()
        self._listener.close()
