# SPDX-License-Identifier: Apache-2.0
"""watching.py - who is watched and from when; when a request begins; what its span says."""

import os
import socket
import time

from lib import Sonde, check, equal, free_port, test
from subject import GET, OK, Peer, Server, Subject, answering, equal_span, exchange, watch

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def context(*headers):
	asked = GET[:-2] + b"".join(h.encode() + b"\r\n" for h in headers) + b"\r\n"
	with Server(answering(OK)) as server, watch(server) as sonde:
		exchange(server, asked, len(OK))
		return sonde.finish(1)[0]


@test
def a_traceparent_is_the_parent():
	span = context("Traceparent: 00-%s-%s-01" % (TRACE, PARENT), "tracestate: a=1,b=2")
	equal_span(span, "GET /", 200, trace_id=TRACE, parent_span_id=PARENT, trace_state="a=1,b=2")
	check(span["flags"] & 1, "sampled as the parent")


@test
def bad_traceparents_are_none():
	good = "traceparent: 00-%s-%s-01" % (TRACE, PARENT)
	for headers in (["traceparent: 00-%s-%s-01" % ("0" * 32, PARENT)], ["traceparent: ff" + good[15:]],
			[good.upper()[:11].lower() + good[11:].upper()], [good + "-more"], [good, good], [good[:-1]]):
		span = context(*headers)
		check(span["trace_id"] != TRACE and not span["parent_span_id"], "%s is a context" % headers)


class BoundServer(Server):
	"""Bound, and its port told, before it listens; that waits for the gate."""

	def _listen(self):
		listener = socket.socket()
		listener.bind(("127.0.0.1", 0))
		self.gate.tell(str(listener.getsockname()[1]))
		self.gate.wait()
		listener.listen(64)
		return listener


@test
def a_socket_that_listens_only_after_watching_began():
	with BoundServer(answering(OK)) as server, watch(server) as sonde:
		server.gate.open()
		equal(int(server.gate.hear()), server.port, "the port")
		for _ in range(20):
			exchange(server, GET, len(OK))
		for span in sonde.finish(20):
			equal_span(span, "GET /", 200)


@test
def a_socket_that_connects_only_after_watching_began():
	def ask(gate):
		connections = [socket.socket() for _ in range(10)]
		gate.tell("made")
		gate.wait()
		for connection in connections:
			connection.connect(("127.0.0.1", server.port))
			peer = Peer(connection)
			peer.send(GET)
			peer.take(len(OK))
			peer.close()
		gate.tell("done")
		gate.wait()

	with Server(answering(OK)) as server, Subject(ask) as client:
		equal(client.gate.hear(), "made", "what the client says")
		with watch(client) as sonde:
			client.gate.open()
			equal(client.gate.hear(), "done", "what the client says")
			for span in sonde.finish(10):
				equal_span(span, "GET", 200)


def begins_when_it_arrives(delay_ms, at_accept):
	"""The server looks `delay_ms` after the request is there; the client bounds it from above."""
	def accept(server):
		while True:
			if at_accept:
				server.gate.wait()
			server.serve_one()

	def serve(peer, gate):
		for _ in range(1 if at_accept else 2):
			if not at_accept:
				gate.wait()
			peer.head()
			peer.send(OK)
			gate.tell("sent")

	with Server(serve, accept=accept) as server, watch(server) as sonde:
		took = []
		for _ in range(3 if at_accept else 1):
			peer = server.connect()
			for _ in range(1 if at_accept else 3 - 1):
				began = time.monotonic_ns()
				peer.send(GET)
				time.sleep(delay_ms / 1000)
				server.gate.open()
				peer.take(len(OK))
				equal(server.gate.hear(), "sent", "what the server says")
				took.append(time.monotonic_ns() - began)
			peer.close()
		spans = sonde.finish(len(took))
		if sonde.last.sum("sonde_hook_info", hook="arrival", flavour="none"):
			return
		for span, most in zip(spans, took):
			lasted = span["end_unix_nano"] - span["start_unix_nano"]
			# The client's clock starts before its send, and ends when the server's has returned:
			# the answer may be here before that.
			check(0.8 * delay_ms * 1e6 <= lasted <= most * 1.2,
			      "%d us, between %d ms and %d us" % (lasted // 1000, delay_ms, most // 1000))
		equal(sonde.last.sum("sonde_request_start_total", source="arrival"), len(took), "arrivals")


for _delay in (5, 50, 500):
	for _accept in (True, False):
		def _one(delay=_delay, accept=_accept):
			begins_when_it_arrives(delay, accept)
		_one.__name__ = "%s_delayed_by_%d_ms" % ("an_accept" if _accept else "a_read", _delay)
		test(_one)


@test
def children_inherit_before_their_first_byte():
	def accept(server):
		while True:
			connection, _ = server.listener.accept()
			child = os.fork()
			if not child:
				server.function(Peer(connection), server.gate)
				os._exit(0)
			connection.close()
			os.waitpid(child, 0)

	with Server(answering(OK), accept=accept) as server, watch(server) as sonde:
		for _ in range(20):
			exchange(server, GET, len(OK))
		for span in sonde.finish(20):
			equal_span(span, "GET /", 200)
		instances = {has["instance"] for name, has, _ in sonde.last.samples
			     if name == "http_server_request_duration_seconds_count"}
		equal(len(instances), 1, "instances")


SERVE_ONCE = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
	connection, _ = listener.accept()
	while connection.recv(4096):
		connection.sendall(%r)
	connection.close()
""" % OK


@test
def exec_goes_on_being_watched():
	def accept(server):
		server.serve_one()
		os.set_inheritable(server.listener.fileno(), True)
		os.execv("/usr/bin/python3", ["python3", "-c", SERVE_ONCE, str(server.listener.fileno())])

	with Server(answering(OK), accept=accept) as server, watch(server) as sonde:
		for _ in range(3):
			exchange(server, GET, len(OK))
		for span in sonde.finish(3):
			equal_span(span, "GET /", 200)


@test
def a_server_that_starts_later_is_watched_by_its_port():
	port = free_port()
	with Sonde("--watch.port=%d" % port) as sonde:
		for _ in range(2):
			with Server(answering(OK), port=port) as server:
				exchange(server, GET, len(OK))
				exchange(server, GET, len(OK))
		for span in sonde.finish(4):
			equal_span(span, "GET /", 200)
		equal(sonde.last.sum("sonde_request_start_total", source="arrival"), 4, "arrivals")


@test
def what_is_not_watched_is_not_seen():
	with Server(answering(OK)) as other, Server(answering(OK)) as server, watch(server) as sonde:
		exchange(other, GET, len(OK))
		exchange(server, GET.replace(b"/", b"/mine", 1), len(OK))
		equal_span(sonde.finish(1)[0], "GET /mine", 200)


@test
def routes_ignored_paths_and_captured_headers():
	with Server(answering(OK)) as server, watch(
		server, "--http.route=/users/{id}", "--http.ignore=/quiet,/none=both",
		"--http.headers=X-Tenant") as sonde:
		for path in (b"/users/42", b"/quiet", b"/none", b"/orders/123456"):
			exchange(server, b"GET %s HTTP/1.1\r\nHost: h\r\nX-Tenant: t1\r\nAuthorization: no\r\n\r\n" % path, len(OK))
		user, order = sonde.finish(2)
		equal_span(user, "GET /users/{id}", 200, http__route="/users/{id}", url__path="/users/42")
		equal_span(order, "GET /orders/{id}", 200)
		equal(user["attributes"].get("http.request.header.x-tenant"), ["t1"], "the captured header")
		equal(sonde.last.sum("http_server_request_duration_seconds_count"), 3, "requests counted")


@test
def active_requests_are_those_without_an_answer():
	def serve(peer, gate):
		peer.head()
		gate.wait()
		peer.send(OK)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		peer.send(GET)
		sonde.until_metric(1, "http_server_active_requests", http_request_method="GET")
		server.gate.open()
		peer.take(len(OK))
		peer.close()
		sonde.finish(1)
		equal(sonde.last.sum("http_server_active_requests"), 0, "active requests")
