# SPDX-License-Identifier: Apache-2.0
"""ends.py - exchanges that do not end well, and connections that were open before sonde was."""

import socket
import struct

from lib import check, equal, test
from subject import GET, OK, Server, answering, equal_span, exchange, watch


def reset(peer):
	peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	peer.close()


def read_all(peer, gate):
	peer.rest()


@test
def a_request_aborted_in_its_first_line_is_none():
	with Server(read_all) as server, watch(server) as sonde:
		for part in (b"GET", b"GET /long", b"GET / HTT"):
			peer = server.connect()
			peer.send(part)
			peer.close()
		exchange(server, b"GET /end", 0)
		server.gate.open()
		sonde.finish(0)
		equal(sonde.last.sum("http_server_request_duration_seconds_count"), 0, "requests")


def failed(serve, asked, error, by=None, name="GET /", code=None):
	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		peer.send(asked)
		if by:
			by(peer, server.gate)
		else:
			peer.rest()
		peer.close()
		span = sonde.finish(1)[0]
		equal_span(span, name, code, error_type=error, error__type=error, status="ERROR")
		name = "http_server_request_duration_seconds_count"
		equal(sonde.last.sum(name), 1, "requests")
		equal(sonde.last.sum(name, error_type=error), 1, "requests that failed")


@test
def a_request_aborted_behind_its_first_line_has_no_status():
	failed(read_all, GET[:-2], "_OTHER", by=lambda peer, gate: None)


@test
def a_request_aborted_in_its_body_has_no_status():
	failed(read_all, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf", "_OTHER",
	       by=lambda peer, gate: None, name="POST /")


@test
def no_answer_is_an_error():
	failed(lambda peer, gate: peer.head(), GET, "_OTHER")


@test
def half_an_answer_has_its_status():
	def serve(peer, gate):
		peer.head()
		peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

	with Server(serve) as server, watch(server) as sonde:
		exchange(server, GET, None)
		equal_span(sonde.finish(1)[0], "GET /", 200)


@test
def a_reset_is_named():
	def serve(peer, gate):
		peer.head()
		gate.tell("read")
		peer.rest()

	def by(peer, gate):
		equal(gate.hear(), "read", "what the server says")
		reset(peer)

	failed(serve, GET, "connection_reset", by=by)


@test
def server_errors_are_errors():
	answer = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
	with Server(answering(answer)) as server, watch(server) as sonde:
		exchange(server, GET, len(answer))
		equal_span(sonde.finish(1)[0], "GET /", 503, status="ERROR", error__type="503")


@test
def client_errors_are_none_of_the_servers():
	answer = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
	with Server(answering(answer)) as server, watch(server) as sonde:
		exchange(server, GET, len(answer))
		equal_span(sonde.finish(1)[0], "GET /", 404, status="UNSET", error__type=None)


def open_before(used):
	"""
	A connection from before sonde. Where the hooks are at functions (fexit), a read that was
	entered before they were attached returns past them: its request is counted, not seen.
	"""
	with Server(answering(OK)) as server:
		peer = server.connect()
		for _ in range(used):
			peer.send(GET)
			peer.take(len(OK))
		with watch(server) as sonde:
			hidden = sonde.metrics().sum("sonde_hook_info", hook="operations", flavour="fexit")
			for _ in range(3):
				peer.send(GET.replace(b"/", b"/after", 1))
				peer.take(len(OK))
			peer.close()
			spans = sonde.finish(3 - hidden)
			for span in spans:
				equal_span(span, "GET /after", 200)
			equal(sonde.last.sum("sonde_requests_joined_late_total")
			      + sonde.last.sum("sonde_requests_lost_total"), hidden, "joined late or lost")
			equal(sonde.last.sum("sonde_request_start_total", source="arrival"), len(spans), "arrivals")


@test
def an_idle_connection_from_before_is_read():
	open_before(3)


@test
def a_connection_that_was_never_used_is_read():
	open_before(0)


def joined(before, after, late):
	"""A connection that is in the middle of an exchange when sonde comes."""
	def serve(peer, gate):
		peer.head()
		peer.send(before)
		gate.wait()
		peer.send(after)
		while peer.head():
			peer.send(OK)

	with Server(serve) as server:
		peer = server.connect()
		peer.send(GET)
		peer.take(len(before))
		with watch(server) as sonde:
			server.gate.open()
			peer.take(len(after))
			for _ in range(2):
				peer.send(GET.replace(b"/", b"/next", 1))
				peer.take(len(OK))
			peer.close()
			for span in sonde.finish(2):
				equal_span(span, "GET /next", 200)
			equal(sonde.last.sum("sonde_requests_joined_late_total"), late, "joined late")
			equal(sonde.last.sum("sonde_requests_lost_total"), 0, "requests lost")


@test
def joined_before_the_answer():
	joined(b"", OK, 1)


@test
def joined_in_the_middle_of_a_body():
	answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"b" * 2000
	joined(answer[:1000], answer[1000:], 0)


@test
def joined_in_the_middle_of_a_request():
	def serve(peer, gate):
		peer.more()
		gate.wait()
		while peer.head():
			peer.send(OK)

	with Server(serve) as server:
		peer = server.connect()
		peer.send(GET[:20])
		server.gate.open()
		with watch(server) as sonde:
			peer.send(GET[20:])
			peer.take(len(OK))
			peer.send(GET)
			peer.take(len(OK))
			peer.close()
			equal_span(sonde.finish(1)[0], "GET /", 200)
			check(sonde.last.sum("sonde_requests_joined_late_total") == 1, "joined late")
