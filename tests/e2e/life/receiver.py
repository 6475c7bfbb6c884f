# SPDX-License-Identifier: Apache-2.0
"""receiver.py - a small OTLP receiver that takes every request apart as its .proto says."""

import gzip
import http.server
import importlib
import os
import subprocess
import sys
import tempfile
import threading

from lib import ROOT


class Receiver:
	"""Counts spans and points; what cannot be decoded, UTF-8 of every text included, is in `wrong`."""

	def __init__(self):
		self.spans = self.requests = 0
		self.names = set()
		self.wrong = []

	def __enter__(self):
		with tempfile.TemporaryDirectory() as folder:
			names = ["user/export/otlp/%s.proto" % name for name in ("common", "trace", "metrics")]
			subprocess.run(["protoc", "--python_out=" + folder, *names], cwd=ROOT, check=True)
			sys.path.insert(0, folder)
			self.trace = importlib.import_module("user.export.otlp.trace_pb2")
			self.metrics = importlib.import_module("user.export.otlp.metrics_pb2")
			sys.path.remove(folder)
		receiver = self

		class Handler(http.server.BaseHTTPRequestHandler):
			def do_POST(self):
				body = self.rfile.read(int(self.headers["Content-Length"]))
				if self.headers.get("Content-Encoding") == "gzip":
					body = gzip.decompress(body)
				receiver.take(self.path, body)
				self.send_response(200)
				self.send_header("Content-Length", "0")
				self.end_headers()

			def log_message(self, *_):
				pass

		self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		self.url = "http://127.0.0.1:%d" % self.server.server_port
		self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
		self.thread.start()
		return self

	def __exit__(self, *error):
		self.server.shutdown()
		self.server.server_close()

	def take(self, path, body):
		self.requests += 1
		try:
			if path == "/v1/traces":
				request = self.trace.TraceRequest.FromString(body)
				self.spans += sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans)
			else:
				request = self.metrics.MetricsRequest.FromString(body)
				self.names |= {m.name for r in request.resource_metrics
					       for s in r.scope_metrics for m in s.metrics}
		except Exception as error:  # whatever the decoder says is the finding
			self.wrong.append("%s: %s" % (path, error))
