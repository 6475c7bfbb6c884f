# SPDX-License-Identifier: Apache-2.0
"""
drive.py PORT AT-ONCE COUNT PREFIX [traceparent] - requests that carry their own id, over kept connections.

A connection asks again as soon as it is answered. One thread sends for all of them, quicker than
most servers answer, so that so many really are under way at once.
"""

import hashlib
import re
import selectors
import socket
import sys

DEADLINE_S = 60

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.I)


class Bad(Exception):
	pass


def requests_of(concurrency, count, prefix="c"):
	"""The ids that are sent."""
	return ["%s%dn%d" % (prefix, concurrency, number) for number in range(count)]


def context_of(request):
	"""The (trace id, span id) that a request's traceparent names."""
	digest = hashlib.sha256(request.encode()).hexdigest()
	return digest[:32], digest[32:48]


def _head(request, with_context):
	context = "traceparent: 00-%s-%s-01\r\n" % context_of(request) if with_context else ""
	return ("GET /entry/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nx-request-id: %s\r\n%s\r\n" % (
		request, request, context)).encode()


def _is_whole(answer, ended):
	"""Is the answer there, to its last byte? 200 alone is an answer."""
	head, blank, body = answer.partition(b"\r\n\r\n")
	if not blank:
		return False
	if b" 200 " not in head[:16]:
		raise Bad("it was answered with %r" % head[:40])
	length = _LENGTH.search(head)
	if length:
		return len(body) >= int(length[1])
	if b"chunked" in head.lower():
		return body.endswith(b"0\r\n\r\n")
	return ended


class Connection:
	"""Asks one request after the other; `left` gives them."""

	def __init__(self, port, left, with_context, selector):
		self.port, self.left, self.with_context, self.selector = port, left, with_context, selector
		self.socket = None

	def ask(self):
		"""False when nothing is left to ask."""
		self.request, self.answer = next(self.left, None), b""
		if self.request is None:
			self.close()
			return False
		if not self.socket:
			self.socket = socket.create_connection(("127.0.0.1", self.port))
			self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			self.selector.register(self.socket, selectors.EVENT_READ, self)
		self.socket.sendall(_head(self.request, self.with_context))
		return True

	def take(self):
		"""What came; True when it was the end of the answer."""
		try:
			got = self.socket.recv(65536)
			self.answer += got
			whole = _is_whole(self.answer, not got)
			if not got and not whole:
				raise Bad("its connection ended")
		except (OSError, Bad) as why:
			raise Bad("%s: %s" % (self.request, why)) from why
		if whole and (not got or _CLOSES.search(self.answer)):
			self.close()
		return whole

	def close(self):
		if self.socket:
			self.selector.unregister(self.socket)
			self.socket.close()
			self.socket = None


def drive(port, requests, concurrency, with_context):
	"""Send each of these ids once, `concurrency` at a time; each is answered with 200."""
	left, selector = iter(requests), selectors.DefaultSelector()
	asking = sum(Connection(port, left, with_context, selector).ask() for _ in range(concurrency))
	while asking:
		ready = selector.select(DEADLINE_S)
		if not ready:
			raise Bad("%d requests have no answer" % asking)
		for key, _ in ready:
			if key.data.take():
				asking -= not key.data.ask()


if __name__ == "__main__":
	try:
		drive(int(sys.argv[1]), requests_of(*map(int, sys.argv[2:4]), sys.argv[4]), int(sys.argv[2]), "traceparent" in sys.argv[5:])
	except Bad as bad:
		sys.exit("a request failed: %s" % bad)
