# SPDX-License-Identifier: Apache-2.0
"""service.py - the services as they run: their requests, and what they say of each."""

import contextlib
import json
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from typing import NamedTuple

from lib import SLOW, Failed, Skipped, check, end_process

SERVICES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "services")
LONGEST_S = 60 * SLOW
# In a service's folder: leads to that file of its cgroup, once it has a quota.
CPU_STAT = "cpu.stat"


class Account(NamedTuple):
	"""Of a thread, since it began."""
	on_cpu_ns: int
	waited_ns: int


class Collection(NamedTuple):
	"""One collection: of the thread that waited for it, how long it did what; throttled is part of waited."""
	began_ns: int
	ended_ns: int
	waited_ns: int
	slept_ns: int
	throttled_ns: int


class Request(NamedTuple):
	"""One request: what its client knew when it sent it, and the line of the service."""
	id: int
	sent_ns: int
	sent_account: Account
	sent_throttled_ns: int
	answered_throttled_ns: int
	line: dict
	behind: bool = False  # another request had the thread when it was sent


def account_of(pid, thread):
	with open("/proc/%d/task/%d/schedstat" % (pid, thread), encoding="ascii") as f:
		return Account(*map(int, f.read().split()[:2]))


def _program(name):
	path = shutil.which(name)
	if not path:
		raise Skipped(name + " is not installed")
	return path


def _java(folder):
	subprocess.run([_program("javac"), "-d", folder, os.path.join(SERVICES, "Service.java")], check=True)
	return [_program("java"), "-XX:+UseSerialGC", "-Xmx512m", "-Xmn128m", "-cp", folder, "Service"]


COMMANDS = {
	"node": lambda _: [_program("node"), "--expose-gc", os.path.join(SERVICES, "service.js")],
	"python": lambda _: ["/usr/bin/python3", os.path.join(SERVICES, "service.py")],
	"java": _java,
	"slow": lambda _: ["/usr/bin/python3", os.path.join(SERVICES, "slow.py")],
}


class Connection:
	"""One that is kept, by hand: what is sent when is seen here."""

	def __init__(self, port):
		self.socket = socket.create_connection(("127.0.0.1", port), LONGEST_S)
		self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

	def send(self, path, number):
		self.socket.sendall(b"GET /%s/%d HTTP/1.1\r\nHost: here\r\n\r\n" % (path.encode(), number))

	def take(self):
		answer = b""
		while not answer.endswith(b"\r\n\r\nok") and b"0\r\n\r\n" not in answer:
			more = self.socket.recv(4096)
			check(more, "the service closed the connection: %r" % answer)
			answer += more

	def close(self):
		self.socket.close()


class Service:
	"""A running service; `port`, and `pid`."""

	def __init__(self, kind, folder, *arguments):
		self.kind = kind
		self.cpu_stat = os.path.join(folder, CPU_STAT)
		self.process = subprocess.Popen([*COMMANDS[kind](folder), *arguments], stdin=subprocess.PIPE,
						stdout=subprocess.PIPE, text=True)
		self.pid = self.process.pid
		self.lines = queue.Queue()
		self.began = queue.Queue()
		self.collections = []
		self.reader = threading.Thread(target=self._read, daemon=True)
		self.reader.start()
		self.port = self._next(self.lines)["port"]

	def _read(self):
		for text in self.process.stdout:
			line = json.loads(text)
			if "begins" in line:
				self.began.put(line["begins"])
			elif "collected" in line:
				self.collections.append(Collection(*line["collected"]))
			else:
				self.collections.extend(Collection(*each) for each in line.get("gc", ()))
				self.lines.put(line)

	def _next(self, lines):
		try:
			return lines.get(timeout=LONGEST_S)
		except queue.Empty:
			raise Failed("the service said nothing, and ended with %s" % self.process.poll()) from None

	def wait_for_line(self, number):
		line = self._next(self.lines)
		check(line["id"] == number, "a line of request %d, not %s" % (number, line))
		return line

	def wait_for_begin(self, number):
		have = self._next(self.began)
		check(have == number, "request %d began, not %d" % (number, have))

	def close(self):
		self.process.stdin.close()
		end_process(self.process)
		self.reader.join()
		self.process.stdout.close()


@contextlib.contextmanager
def service(kind):
	"""A service, and the slow one that it may call."""
	with tempfile.TemporaryDirectory(prefix="sonde-causes-") as folder, contextlib.ExitStack() as stack:
		slow = Service("slow", folder)
		stack.callback(slow.close)
		main = Service(kind, folder, str(slow.port), os.path.join(folder, CPU_STAT))
		stack.callback(main.close)
		yield main


class Client:
	"""Makes requests one after another, and notes the truth of each."""

	def __init__(self, started):
		self.service = started
		self.throttled = lambda: 0
		self.numbers = iter(range(1, 1 << 30))
		self.thread = started.pid
		self.connection = Connection(started.port)
		self.behind = []
		self.spans = 0  # of the service, for what was asked so far

	def _sent(self, connection, path, behind=False):
		number = next(self.numbers)
		account, throttled = account_of(self.service.pid, self.thread), self.throttled()
		sent_ns = time.monotonic_ns()
		connection.send(path, number)
		return Request(number, sent_ns, account, throttled, 0, {}, behind)

	def _answered(self, request, connection):
		connection.take()
		throttled = self.throttled()  # what holds the service back from here on keeps no request
		line = self.service.wait_for_line(request.id)
		self.thread = line["thread"]
		self.spans += 1 + len(line["call"])
		return request._replace(line=line, answered_throttled_ns=throttled)

	def ask(self, path):
		request = self._sent(self.connection, path)
		self.service.wait_for_begin(request.id)
		return self._answered(request, self.connection)

	def ask_behind(self, path, count):
		"""Ask for `path`, and once it has begun for nothing, `count` times: [the first, those behind it]."""
		while len(self.behind) < count:
			self.behind.append(Connection(self.service.port))
		first = self._sent(self.connection, path)
		self.service.wait_for_begin(first.id)
		behind = [self._sent(connection, "quick", behind=True) for connection in self.behind[:count]]
		first = self._answered(first, self.connection)
		for at, request in enumerate(behind):
			self.service.wait_for_begin(request.id)
			behind[at] = self._answered(request, self.behind[at])
		return [first, *behind]

	def close(self):
		for connection in (self.connection, *self.behind):
			connection.close()
