"""The application's servers, as far as scenarios need them: they answer rpcs that clients ask through a node."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "secret-of-the-application-of-the-scenarios-32-bytes-and-more"
URL = "{application}"


class Application:
    """`echo` is answered with its parameters, `refuse` with an error of the application's own, `silent` never."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._over = threading.Event()
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                application._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settings(self, given: dict[str, str]) -> dict[str, str]:
        """Settings of nodes with where it is."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        return {"application.secrets": SECRET, **{key: value.replace(URL, url) for key, value in given.items()}}

    def stop(self) -> None:
        """Ends it, and what hangs."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        said = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.asked[said["method"]] += 1
        if said["method"] == "silent":
            self._over.wait()
            return
        is_refused = said["method"] == "refuse"
        body = json.dumps({"no": said.get("params")} if is_refused else said.get("params")).encode()
        request.send_response(422 if is_refused else 200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
