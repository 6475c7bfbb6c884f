# SPDX-License-Identifier: Apache-2.0
"""Waits on purpose, a thread a connection: README.md. Wants the port of the slow service, and its cgroup's cpu.stat, if there is one."""

import gc
import http.client
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPIN_NS = 50_000_000
HEAP = [[i, [i]] for i in range(400_000)]
gc.disable()  # none but those that are asked for
slow_port = int(sys.argv[1])
writing = threading.Lock()


def account():
	"""The file's own first number is as of the last tick, or switch."""
	with open("/proc/thread-self/schedstat", encoding="ascii") as f:
		return [time.thread_time_ns(), int(f.read().split()[1])]


def throttled():
	try:
		with open(sys.argv[2], encoding="ascii") as f:
			has = dict(line.split() for line in f)
	except FileNotFoundError:
		return 0
	return int(has["throttled_time"]) if "throttled_time" in has else int(has["throttled_usec"]) * 1000


def moment():
	"""Now, and until now on the CPU, waiting and held back: taken again where it was held back meanwhile."""
	while True:
		held, (on_cpu, waited), now = throttled(), account(), time.monotonic_ns()
		if throttled() == held:
			return now, on_cpu, waited, held


def say(line):
	with writing:
		os.write(1, (json.dumps(line) + "\n").encode())


class Handler(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	disable_nagle_algorithm = True
	slow = None

	def quick(self, line):
		pass

	def spin(self, line):
		until = time.thread_time_ns() + SPIN_NS
		while time.thread_time_ns() < until:
			pass

	def collect(self, line):
		before = moment()
		gc.collect()
		after = moment()
		took, on_cpu, waited, held = (a - b for a, b in zip(after, before))
		line["gc"].append((before[0], after[0], waited, max(took - waited - on_cpu, 0), held))

	def call(self, line):
		if not self.slow:
			self.slow = http.client.HTTPConnection("127.0.0.1", slow_port)
		began, before = time.monotonic_ns(), account()
		self.slow.request("GET", "/")
		self.slow.getresponse().read()
		after = account()
		line["call"].append((began, time.monotonic_ns(), after[0] - before[0], after[1] - before[1]))

	def do_GET(self):
		_, path, number = self.path.split("/")
		line = {"id": int(number), "thread": threading.get_native_id(), "began": time.monotonic_ns(),
			"at_begin": account(), "gc": [], "call": []}
		say({"begins": line["id"]})
		for step in path.split("-"):
			getattr(self, step)(line)
		# Who waits for the CPU after the answer keeps no request waiting.
		waited = account()[1]
		self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		say({**line, "ended": time.monotonic_ns(), "at_end": (account()[0], waited)})

	def log_message(self, *_):
		pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
say({"port": server.server_address[1], "heap": len(HEAP)})
sys.stdin.read()
os._exit(0)
