#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A small HTTP service for `make run` to watch.

Listens on a free port of the loopback, which it prints. Routes: / , /users/ID, /search
(slow), /orders (POST), anything else is not found; every tenth search fails.
"""

import http.server
import json
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    searches = 0

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/":
            self.answer(200, {"service": "demo"})
        elif path.startswith("/users/"):
            self.answer(200, {"user": path.removeprefix("/users/")})
        elif path == "/search":
            self.search()
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/orders":
            self.answer(201, {"order": "taken"})
        else:
            self.answer(404, {"error": "not found"})

    def search(self):
        Handler.searches += 1
        time.sleep(0.12)
        if Handler.searches % 10 == 0:
            self.answer(503, {"error": "search is busy"})
        else:
            self.answer(200, {"found": 3})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
