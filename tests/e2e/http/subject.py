# SPDX-License-Identifier: Apache-2.0
"""
subject.py - small processes under full control, to be watched by sonde.

A Subject is a forked process that runs one function with a Gate, through which
the test lets it go on step by step. A Server accepts connections one after
another and hands each to its function as a Peer.
"""

import os
import signal
import socket
import sys
import traceback

from lib import DEADLINE_S, Sonde, check, equal


class Gate:
	"""The test's open() lets one pass() of the subject return; by pipes, so sonde sees no socket."""

	def __init__(self):
		self.reads, self.writes = os.pipe()
		self.told, self.tells = os.pipe()

	def open(self):
		os.write(self.writes, b".")

	def wait(self):
		check(os.read(self.reads, 1), "the test is gone")

	def tell(self, text):
		os.write(self.tells, text.encode() + b"\n")

	def hear(self):
		line = b""
		while not line.endswith(b"\n"):
			byte = os.read(self.told, 1)
			check(byte, "the subject is gone")
			line += byte
		return line.decode().strip()

	def close(self):
		for fd in (self.reads, self.writes, self.told, self.tells):
			os.close(fd)


class Subject:
	def __init__(self, function):
		self.function = function

	def __enter__(self):
		self.gate = Gate()
		self.pid = os.fork()
		if self.pid == 0:
			self._child()
		os.close(self.gate.reads)
		os.close(self.gate.tells)
		self.gate.reads, self.gate.tells = os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_WRONLY)
		return self

	def _child(self):
		status = 1
		try:
			os.close(self.gate.writes)
			os.close(self.gate.told)
			self.run()
			status = 0
		except (ConnectionError, BrokenPipeError):
			pass
		except BaseException:
			traceback.print_exc()
		sys.stdout.flush()
		os._exit(status)

	def run(self):
		self.function(self.gate)

	def wait(self):
		if self.pid:
			os.waitpid(self.pid, 0)
			self.pid = 0

	def __exit__(self, *error):
		if self.pid:
			os.kill(self.pid, signal.SIGKILL)
			self.wait()
		self.gate.close()


class Peer:
	"""A connection with what was read ahead of it."""

	def __init__(self, connection):
		self.socket = connection
		self.held = b""

	def send(self, *parts):
		for part in parts:
			self.socket.sendall(part)

	def more(self, most=65536):
		got = self.socket.recv(most)
		self.held += got
		return got

	def head(self, end=b"\r\n\r\n", most=65536):
		"""One head; None at the end of the connection."""
		while end not in self.held:
			if not self.more(most):
				return None
		head, _, self.held = self.held.partition(end)
		return head + end

	def take(self, size):
		while len(self.held) < size:
			check(self.more(), "the connection ended early")
		taken, self.held = self.held[:size], self.held[size:]
		return taken

	def rest(self):
		while self.more():
			pass
		taken, self.held = self.held, b""
		return taken

	def close(self):
		self.socket.close()


class Server(Subject):
	"""Serves `function(peer, gate)`; the listening socket is the child's own."""

	def __init__(self, function, unix=None, port=0, accept=None, before=None):
		super().__init__(function)
		self.unix, self.port, self.accept, self.before = unix, port, accept, before

	def __enter__(self):
		super().__enter__()
		self.port = int(self.gate.hear())
		return self

	def run(self):
		if self.before:
			self.before(self.gate)
		self.listener = self._listen()
		self.gate.tell("0" if self.unix else str(self.listener.getsockname()[1]))
		if self.accept:
			self.accept(self)
			return
		while True:
			self.serve_one()

	def _listen(self):
		if self.unix:
			listener = socket.socket(socket.AF_UNIX)
			listener.bind(self.unix)
		else:
			listener = socket.socket()
			listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			listener.bind(("127.0.0.1", self.port))
		listener.listen(64)
		return listener

	def serve_one(self):
		connection, _ = self.listener.accept()
		try:
			self.function(Peer(connection), self.gate)
		except ConnectionError:
			pass
		connection.close()

	def connect(self):
		if self.unix:
			connection = socket.socket(socket.AF_UNIX)
			connection.connect(self.unix)
		else:
			connection = socket.create_connection(("127.0.0.1", self.port))
			connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		connection.settimeout(DEADLINE_S)
		return Peer(connection)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def answering(*answers):
	"""Answers each head with the next of `answers` and again the last; bodies are not read."""
	def serve(peer, gate):
		count = 0
		while peer.head():
			peer.send(answers[min(count, len(answers) - 1)])
			count += 1
	return serve


def watch(subject, *arguments):
	return Sonde("--watch.pid=%d" % subject.pid, *arguments)


def equal_span(span, name, code, **attributes):
	"""Attributes and fields of a span by name, with __ for the dots of a key."""
	equal(span["name"], name, "name")
	has = span["attributes"]
	equal(has.get("http.response.status_code"), code, "status code of " + name)
	for key, want in attributes.items():
		key = key.replace("__", ".")
		equal(has.get(key, span.get(key)), want, "%s of %s" % (key, name))


def equal_sizes(sonde, asked, answered, kind="server"):
	m = sonde.last
	for name, want in (("request", asked), ("response", answered)):
		metric = "http_%s_%s_body_size_bytes_sum" % (kind, name)
		equal(m.sum(metric), want, metric)


def exchange(server, asked, answered):
	"""One connection: send, and read until as many bytes came, or to the end without a number."""
	peer = server.connect()
	peer.send(*asked if isinstance(asked, (list, tuple)) else (asked,))
	got = peer.take(answered) if answered is not None else peer.rest()
	peer.close()
	return got
