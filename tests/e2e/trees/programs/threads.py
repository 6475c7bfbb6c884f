# SPDX-License-Identifier: Apache-2.0
"""threads.py PORT NEXT [traceparent] - a thread a connection, a call a request."""

import http.client
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NEXT = int(sys.argv[2])
PASSES_CONTEXT = "traceparent" in sys.argv[3:]
mine = threading.local()


def fetch(request, headers):
	if not hasattr(mine, "connection"):
		mine.connection = http.client.HTTPConnection("127.0.0.1", NEXT)
	mine.connection.request("GET", "/next/" + request, headers=headers)
	return mine.connection.getresponse().read()


class Handler(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	disable_nagle_algorithm = True

	def do_GET(self):
		request = self.path.rsplit("/", 1)[1]
		headers = {"x-request-id": request}
		context = self.headers.get("traceparent")
		if PASSES_CONTEXT and context:
			headers["traceparent"] = "%s-%s-01" % (context[:35], secrets.token_hex(8))
		body = fetch(request, headers)
		self.send_response(200)
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		self.wfile.write(body)

	def log_message(self, *arguments):
		pass


class Server(ThreadingHTTPServer):
	request_queue_size = 1024
	daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
