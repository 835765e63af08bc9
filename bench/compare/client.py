"""A client of a few requests, for the scenes wfload has no verb for. Knows nothing of the server's own code."""

import base64
import socket
import time
import uuid


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""

    def send(self, method, path, fields=(), body=b"", length=None):
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Tus-Resumable: 1.0.0", *fields]
        if body or length is not None or method in ("POST", "PATCH"):
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def answer(self, to_head=False) -> tuple[int, dict, bytes]:
        while b"\r\n\r\n" not in self.held:
            self.more()
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = 0 if to_head or status == 204 else int(fields.get("content-length", 0))
        while len(self.held) < length:
            self.more()
        body, self.held = self.held[:length], self.held[length:]
        return status, fields, body

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.held += got

    def ask(self, method, path, fields=(), body=b"") -> tuple[int, dict, bytes]:
        self.send(method, path, fields, body)
        return self.answer(method == "HEAD")

    def timed(self, method, path) -> float:
        """Milliseconds from the first byte sent to the whole answer."""
        begin = time.monotonic()
        status, _, _ = self.ask(method, path)
        if status >= 400:
            raise AssertionError(f"{method} {path}: {status}")
        return (time.monotonic() - begin) * 1000

    def create(self, session: str, index: int, length: int) -> str:
        def value(text):
            return base64.b64encode(str(text).encode()).decode()

        status, fields, _ = self.ask("POST", f"/files/{session}/chunks/", (
            f"Upload-Length: {length}",
            f"Upload-Metadata: chunkIndex {value(index)},format {value('audio/webm')},chunkSize {value(length)}"))
        assert status == 201, status
        where = fields["location"]
        return "/" + where.split("/", 3)[3] if "://" in where else where

    def patch_fields(self, offset):
        return (f"Upload-Offset: {offset}", "Content-Type: application/offset+octet-stream")

    def close(self):
        self.socket.close()


def new_session() -> str:
    return str(uuid.uuid4())


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
