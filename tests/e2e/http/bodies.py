# SPDX-License-Identifier: Apache-2.0
"""bodies.py - where a message ends: every framing, and the request behind it is found."""

from lib import check, equal, test, until
from subject import GET, OK, Server, answering, equal_sizes, equal_span, exchange, watch


def framed(answer, size, status=200, method="GET", asked=None):
	"""`answer` has a body of `size`; the plain request after it on the connection is found too."""
	asked = asked or GET.replace(b"GET", method.encode())
	with Server(answering(answer, OK)) as server, watch(server) as sonde:
		peer = server.connect()
		peer.send(asked)
		peer.take(len(answer))
		peer.send(GET)
		peer.take(len(OK))
		peer.close()
		first, second = sonde.finish(2)
		equal_span(first, method + " /", status, kind="SERVER", status="UNSET", error_type="",
			   http__route="/", url__path="/", url__scheme="http",
			   network__protocol__version="1.1", server__address="h")
		equal_span(second, "GET /", 200)
		equal_sizes(sonde, 0, size + 2)
		equal(sonde.last.sum("http_server_request_duration_seconds_count"), 2, "durations")
		equal(sonde.last.sum("sonde_http_server_first_byte_seconds_count"), 2, "first bytes")
		equal(sonde.last.sum("sonde_request_start_total", source="arrival"), 2, "arrivals")


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@test
def content_length():
	framed(HEAD + b"Content-Length: 5\r\n\r\nhello", 5)


@test
def content_length_of_a_megabyte():
	framed(HEAD + b"Content-Length: 1048576\r\n\r\n" + b"x" * 1048576, 1048576)


@test
def content_length_of_nothing():
	framed(HEAD + b"Content-Length: 0\r\n\r\n", 0)


@test
def chunked_in_one_write():
	body = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"
	framed(CHUNKED + body, len(body))


@test
def chunked_with_trailers():
	body = b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"
	framed(CHUNKED + body, len(body))


@test
def chunked_of_a_megabyte():
	body = b"".join(b"4000\r\n" + b"y" * 0x4000 + b"\r\n" for _ in range(64)) + b"0\r\n\r\n"
	framed(CHUNKED + body, len(body))


def in_many_writes(pieces, size):
	def serve(peer, gate):
		while peer.head():
			for piece in pieces:
				gate.wait()
				peer.send(piece)

	whole = sum(map(len, pieces))
	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(2):
			peer.send(GET)
			for piece in pieces:
				server.gate.open()
				peer.take(len(piece))
		peer.close()
		for span in sonde.finish(2):
			equal_span(span, "GET /", 200)
		equal_sizes(sonde, 0, 2 * size)
		check(whole > size, "a head is no body")


@test
def chunked_in_many_writes():
	body = [b"5\r\n", b"he", b"llo", b"\r", b"\n", b"400\r\n" + b"x" * 1024, b"\r\n0", b"\r\n", b"\r", b"\n"]
	in_many_writes([CHUNKED, *body], sum(map(len, body)))


@test
def content_length_in_many_writes():
	in_many_writes([HEAD, b"Content-Length: 7\r\n\r\n", b"abc", b"d", b"efg"], 7)


@test
def until_close():
	def serve(peer, gate):
		peer.head()
		peer.send(b"HTTP/1.0 200 OK\r\n\r\n", b"some", b" bytes" * 1000)

	with Server(serve) as server, watch(server) as sonde:
		for _ in range(3):
			exchange(server, b"GET /a HTTP/1.0\r\n\r\n", None)
		for span in sonde.finish(3):
			equal_span(span, "GET /a", 200, error_type="", network__protocol__version="1.0")
		equal_sizes(sonde, 0, 3 * 6004)


@test
def answer_to_head_has_no_body():
	framed(HEAD + b"Content-Length: 1000\r\n\r\n", 0, method="HEAD")


@test
def no_content():
	framed(b"HTTP/1.1 204 No Content\r\n\r\n", 0, status=204)


@test
def not_modified_has_no_body():
	framed(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 0, status=304)


def posted(asked, size, answers=OK):
	def serve(peer, gate):
		while peer.head():
			peer.take(size)
			peer.send(answers)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(2):
			peer.send(*asked)
			peer.take(len(answers))
		peer.close()
		for span in sonde.finish(2):
			equal_span(span, "POST /in", 200)
		equal_sizes(sonde, 2 * size, 2 * 2)


POST = b"POST /in HTTP/1.1\r\nHost: h\r\n"


@test
def body_of_a_request_in_one_write():
	posted([POST + b"Content-Length: 5\r\n\r\nhello"], 5)


@test
def body_of_a_request_in_many_writes():
	posted([POST + b"Content-Length: 300000\r\n\r\n"] + [b"z" * 1000] * 300, 300000)


@test
def chunked_request():
	body = b"5\r\nhello\r\n0\r\n\r\n"
	posted([POST + b"Transfer-Encoding: chunked\r\n\r\n" + body], len(body))


@test
def continue_stays_within_one_exchange():
	def serve(peer, gate):
		while peer.head():
			peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
			peer.take(5)
			peer.send(OK)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(2):
			peer.send(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			peer.head()
			peer.send(b"hello")
			peer.take(len(OK))
		peer.close()
		for span in sonde.finish(2):
			equal_span(span, "POST /in", 200)
		equal_sizes(sonde, 10, 4)


@test
def early_hints_stay_within_one_exchange():
	framed(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, 2)


REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n"


def refused_early(wait):
	"""Refused before the body is read, which is then drained; wait(span count) before it is sent."""
	def serve(peer, gate):
		while peer.head(most=4096):
			peer.send(REFUSAL)
			while len(peer.held) < 100000:
				peer.more(4096)
			peer.take(100000)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for number in range(1, 4):
			peer.send(POST + b"Content-Length: 100000\r\n\r\n")
			peer.take(len(REFUSAL))
			wait(sonde, number)
			peer.send(b"x" * 100000)
		peer.close()
		until(lambda: sonde.metrics().sum("sonde_requests_lost_total") + len(sonde.lines) == 3,
		      "all three")
		for span in sonde.finish(len(sonde.lines)):
			equal_span(span, "POST /in", 413, kind="SERVER")
		return len(sonde.lines)


@test
def an_early_answer_before_the_body_is_read():
	equal(refused_early(lambda sonde, number: until(lambda: len(sonde.lines) == number, "a span")), 3,
	      "requests")


@test
def what_an_early_answer_hides_is_counted():
	check(refused_early(lambda sonde, number: None) >= 1, "the first at least")


def pipelined(write, count=10):
	"""The answers are written when the requests are known, so that none of them is hidden."""
	def serve(peer, gate):
		while peer.head():
			for _ in range(count - 1):
				peer.head()
			gate.wait()
			write(peer, count)

	with Server(serve) as server, watch(server) as sonde:
		for _ in range(2):
			peer = server.connect()
			peer.send(b"".join(b"GET /n%d HTTP/1.1\r\nHost: h\r\n\r\n" % n for n in range(count)))
			sonde.until_metric(count, "sonde_inside", stage="exchange")
			server.gate.open()
			peer.take(count * len(OK))
			peer.close()
		names = sorted(span["name"] for span in sonde.finish(2 * count))
		equal(names, sorted(2 * ["GET /n%d" % n for n in range(count)]), "names")
		equal_sizes(sonde, 0, 2 * 2 * count)


@test
def ten_pipelined_answered_in_one_write():
	pipelined(lambda peer, count: peer.send(OK * count))


@test
def ten_pipelined_answered_in_ten_writes():
	pipelined(lambda peer, count: peer.send(*[OK] * count))


@test
def of_a_hundred_pipelined_those_that_began_are_seen_or_counted():
	def serve(peer, gate):
		for _ in range(100):
			peer.head()
		peer.send(OK * 100)

	with Server(serve) as server, watch(server) as sonde:
		exchange(server, GET * 100, 100 * len(OK))
		until(lambda: len(sonde.lines) >= 256 // len(OK), "as many as the limits show")
		m = sonde.settled()
		for span in sonde.spans():
			equal_span(span, "GET /", 200)
		equal(len(sonde.lines) + m.lost().get(("exchange", "unread"), 0),
		      m.sum("sonde_in_total", stage="exchange"), "seen and lost")
		equal(m.sum("sonde_requests_lost_total"), sum(m.lost().values()), "requests lost")
		sonde.stop()


@test
def pipelined_ahead_of_the_answers():
	"""The second request is written while the first is worked on."""
	def serve(peer, gate):
		peer.head()
		gate.wait()
		peer.send(OK)
		peer.head()
		peer.send(OK)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		peer.send(GET)
		peer.send(GET.replace(b"/", b"/two", 1))
		server.gate.open()
		peer.take(2 * len(OK))
		peer.close()
		first, second = sonde.finish(2)
		equal_span(first, "GET /", 200)
		equal_span(second, "GET /two", 200)
		check(second["start_unix_nano"] >= first["end_unix_nano"], "it begins where the first ended")
