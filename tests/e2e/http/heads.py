# SPDX-License-Identifier: Apache-2.0
"""heads.py - heads as they come: slow, long, odd; what is not HTTP/1 is left alone."""

from lib import equal, test, until
from subject import GET, OK, Server, answering, equal_sizes, equal_span, exchange, watch

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = ("traceparent: 00-%s-%s-01\r\n" % (TRACE, PARENT)).encode()


def with_headers(*headers):
	return b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(headers) + b"\r\n"


@test
def a_head_that_comes_byte_by_byte():
	asked = with_headers(TRACEPARENT)

	def serve(peer, gate):
		for _ in range(2):
			peer.head(most=1)
			for byte in OK:
				peer.send(bytes([byte]))

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(2):
			for byte in asked:
				peer.send(bytes([byte]))
			peer.take(len(OK))
		peer.close()
		for span in sonde.finish(2):
			equal_span(span, "GET /", 200, trace_id=TRACE, parent_span_id=PARENT)
		equal_sizes(sonde, 0, 4)


def long_head(size, *arguments, first_cut, second_cut, pieces=1):
	"""Two requests whose traceparent lies behind `size` bytes of other headers."""
	filler = b"".join(b"X-%d: %s\r\n" % (n, b"f" * 90) for n in range(size // 100))
	asked = with_headers(filler, TRACEPARENT)
	step = (len(asked) + pieces - 1) // pieces

	def serve(peer, gate):
		while peer.head(most=step):
			peer.send(OK)

	with Server(serve) as server, watch(server, *arguments) as sonde:
		peer = server.connect()
		for number in (1, 2):
			peer.send(*(asked[at:at + step] for at in range(0, len(asked), step)))
			peer.take(len(OK))
			until(lambda: len(sonde.lines) == number, "a span")
		peer.close()
		for span, cut in zip(sonde.finish(2), (first_cut, second_cut)):
			equal_span(span, "GET /", 200, sonde__head__cut=True if cut else None)
			equal(span["trace_id"] == TRACE, not cut, "whether its traceparent was seen")
		equal(sonde.last.sum("sonde_heads_cut_total"), first_cut + second_cut, "heads cut")
		equal(sonde.last.sum("sonde_requests_lost_total"), 0, "requests lost")


@test
def a_head_longer_than_1_kib_raises_the_limit():
	long_head(2000, first_cut=True, second_cut=False)


@test
def so_does_one_in_many_pieces():
	long_head(2000, first_cut=True, second_cut=False, pieces=7)


@test
def a_head_longer_than_8_kib_is_cut():
	long_head(12000, first_cut=True, second_cut=True)


@test
def a_head_of_900_bytes_in_pieces_is_whole():
	long_head(700, first_cut=False, second_cut=False, pieces=5)


@test
def a_header_bomb_is_one_request():
	refusal = b"HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\n\r\n"
	bomb = with_headers(*(b"X-%d: boom\r\n" % n for n in range(60000)))
	with Server(answering(refusal)) as server, watch(server) as sonde:
		exchange(server, bomb, len(refusal))
		equal_span(sonde.finish(1)[0], "GET /", 431, sonde__head__cut=True)


def odd(asked, end=b"\r\n\r\n", answer=OK, **attributes):
	def serve(peer, gate):
		while peer.head(end):
			peer.send(answer)

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(2):
			peer.send(asked)
			peer.take(len(answer))
		peer.close()
		for span in sonde.finish(2):
			equal_span(span, "GET /", 200, **attributes)
		equal_sizes(sonde, 0, 4)


@test
def bare_line_feeds():
	odd(b"GET / HTTP/1.1\nHost: lf\n\n", b"\n\n", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
	    server__address="lf")


@test
def folded_headers():
	odd(b"GET / HTTP/1.1\r\nUser-Agent: one\r\n two\r\nHost: f\r\n\r\n", server__address="f")


@test
def leading_empty_lines():
	odd(b"\r\n\r\nGET / HTTP/1.1\r\nHost: e\r\n\r\n", b"e\r\n\r\n", server__address="e")


@test
def the_target_may_be_absolute():
	odd(b"GET http://other:81/ HTTP/1.1\r\nHost: h\r\n\r\n", server__address="other",
	    server__port=81)


def unread(reason, *sent, answer=b"\x16\x03\x03\0\2ok"):
	def serve(peer, gate):
		while peer.more():
			peer.send(answer)

	with Server(serve) as server, watch(server) as sonde:
		for _ in range(2):
			peer = server.connect()
			for one in sent:
				peer.send(one)
				peer.take(len(answer))
			peer.close()
		sonde.until_metric(2, "sonde_connections_unread_total", reason=reason)
		sonde.finish(0)
		equal(sonde.last.sum("sonde_connections_unread_total", reason=reason), 2, "unread " + reason)
		equal(sonde.last.sum("sonde_connections_unread_total"), 2, "unread")
		equal(sonde.last.sum("http_server_request_duration_seconds_count"), 0, "requests")


@test
def tls_is_left_alone():
	unread("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 500, b"\x17\x03\x03\0\4data")


@test
def http2_is_left_alone():
	unread("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
	       answer=b"\0\0\0\4\0\0\0\0\0")


@test
def another_text_protocol_is_left_alone():
	unread("other", *[b"SET name value\r\n"] * 10, answer=b"STORED\r\n")


def handed_over(method, asked, answer, code):
	def serve(peer, gate):
		peer.head()
		peer.send(answer)
		while peer.more():
			peer.send(b"\x81\5GET /")

	with Server(serve) as server, watch(server) as sonde:
		peer = server.connect()
		peer.send(asked)
		peer.take(len(answer))
		for _ in range(5):
			peer.send(GET)
			peer.take(7)
		peer.close()
		equal_span(sonde.finish(1)[0], method, code)
		equal(sonde.last.sum("sonde_connections_unread_total", reason="upgraded"), 1, "upgraded")


@test
def what_follows_an_upgrade_is_not_http():
	handed_over("GET /chat", b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 101)


@test
def what_follows_connect_is_not_http():
	handed_over("CONNECT", b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
		    b"HTTP/1.1 200 Connected\r\n\r\n", 200)
