# SPDX-License-Identifier: Apache-2.0
"""The slow service: it sleeps 80 ms before each answer. Says its port, ends with its standard input."""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	disable_nagle_algorithm = True

	def do_GET(self):
		time.sleep(0.08)
		self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

	def log_message(self, *_):
		pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print('{"port": %d}' % server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
