# SPDX-License-Identifier: Apache-2.0
"""syscalls.py - every call that moves bytes through a stream socket; unix sockets; clients."""

import ctypes
import os
import socket
import tempfile

from lib import check, equal, test
from subject import GET, OK, Peer, Server, Subject, equal_sizes, equal_span, watch

libc = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
	_fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Message(ctypes.Structure):
	_fields_ = [("name", ctypes.c_void_p), ("name_len", ctypes.c_uint),
		    ("iov", ctypes.POINTER(Iovec)), ("iov_len", ctypes.c_size_t),
		    ("control", ctypes.c_void_p), ("control_len", ctypes.c_size_t),
		    ("flags", ctypes.c_int)]


class Mmessage(ctypes.Structure):
	_fields_ = [("message", Message), ("len", ctypes.c_uint)]


def mmessages(buffers):
	"""A vector of messages of one buffer each, and what must live as long."""
	iovs = [Iovec(ctypes.cast(b, ctypes.c_void_p), len(b)) for b in buffers]
	vector = (Mmessage * len(buffers))()
	for one, iov in zip(vector, iovs):
		one.message.iov = ctypes.pointer(iov)
		one.message.iov_len = 1
	return vector, iovs


def sendmmsg(s, *parts):
	buffers = [ctypes.create_string_buffer(part, len(part)) for part in parts]
	vector, _ = mmessages(buffers)
	equal(libc.sendmmsg(s.fileno(), vector, len(parts), 0), len(parts), "messages sent")


def recvmmsg(s, *sizes):
	buffers = [ctypes.create_string_buffer(size) for size in sizes]
	vector, _ = mmessages(buffers)
	got = libc.recvmmsg(s.fileno(), vector, len(sizes), 0x10000, None) # MSG_WAITFORONE
	check(got >= 0, "recvmmsg fails with %d" % ctypes.get_errno())
	return b"".join(buffers[n].raw[:vector[n].len] for n in range(got))


def by_writev(s, data, pieces=8):
	step = (len(data) + pieces - 1) // pieces
	equal(os.writev(s.fileno(), [data[at:at + step] for at in range(0, len(data), step)]), len(data), "written")


def by_readv(s):
	parts = [bytearray(5), bytearray(7), bytearray(11), bytearray(4096)]
	got = os.readv(s.fileno(), parts)
	return b"".join(bytes(part) for part in parts)[:got]


def by_peek(s):
	s.recv(10, socket.MSG_PEEK)
	peeked = s.recv(4096, socket.MSG_PEEK)
	return s.recv(len(peeked))


READS = {
	"read": lambda s: os.read(s.fileno(), 4096),
	"readv": by_readv,
	"recv": lambda s: s.recv(4096),
	"recvfrom": lambda s: s.recvfrom(4096)[0],
	"recvmsg": lambda s: s.recvmsg(4096)[0],
	"recvmsg_into": lambda s: _recvmsg_into(s),
	"recvmmsg": lambda s: recvmmsg(s, 20, 4096),
	"peek": by_peek,
}

WRITES = {
	"write": lambda s, data: os.write(s.fileno(), data),
	"writev": by_writev,
	"send": lambda s, data: s.send(data),
	"sendto": lambda s, data: s.sendto(data, s.getpeername()),
	"sendmsg": lambda s, data: s.sendmsg([data[:3], data[3:30], data[30:]]),
	"sendmmsg": lambda s, data: sendmmsg(s, data[:20], data[20:]),
}


def _recvmsg_into(s):
	parts = [bytearray(9), bytearray(4096)]
	got = s.recvmsg_into(parts)[0]
	return b"".join(bytes(part) for part in parts)[:got]


TRACE = b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
ASKED = GET[:-2] + TRACE + b"\r\n"


def by_calls(read, write, unix=None, count=3):
	def serve(peer, gate):
		held = b""
		while True:
			while not held.endswith(b"\r\n\r\n"):
				got = READS[read](peer.socket)
				if not got:
					return
				held += got
			held = b""
			WRITES[write](peer.socket, OK)

	with Server(serve, unix=unix) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(count):
			peer.send(ASKED)
			peer.take(len(OK))
		peer.close()
		for span in sonde.finish(count):
			equal_span(span, "GET /", 200, parent_span_id="b7ad6b7169203331")
		equal_sizes(sonde, 0, 2 * count)


def _add(name, function):
	function.__name__ = name
	test(function)


for _read in READS:
	_add("read_by_" + _read, lambda read=_read: by_calls(read, "send"))
for _write in WRITES:
	_add("written_by_" + _write, lambda write=_write: by_calls("recv", write))


def on_unix(read, write):
	with tempfile.TemporaryDirectory() as folder:
		by_calls(read, write, unix=os.path.join(folder, "socket"))


@test
def a_unix_socket():
	on_unix("read", "write")


@test
def a_unix_socket_by_vectors():
	on_unix("readv", "writev")


@test
def a_unix_socket_by_messages():
	on_unix("recvmsg", "sendmsg")


def sent_from_a_file(unix=None):
	size = 300000

	def serve(peer, gate):
		with tempfile.TemporaryFile() as f:
			f.write(b"f" * size)
			f.flush()
			while peer.head():
				peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
				at = 0
				while at < size:
					at += os.sendfile(peer.socket.fileno(), f.fileno(), at, size - at)

	with Server(serve, unix=unix) as server, watch(server) as sonde:
		peer = server.connect()
		for _ in range(3):
			peer.send(GET)
			peer.head()
			peer.take(size)
		peer.close()
		for span in sonde.finish(3):
			equal_span(span, "GET /", 200)
		equal_sizes(sonde, 0, 3 * size)


@test
def a_body_by_sendfile():
	sent_from_a_file()


@test
def a_body_by_sendfile_on_a_unix_socket():
	with tempfile.TemporaryDirectory() as folder:
		sent_from_a_file(os.path.join(folder, "socket"))


def of_client(unix=None, headers=b"", **attributes):
	"""The client is watched, its server is not."""
	def call(gate):
		gate.wait()
		if unix:
			connection = socket.socket(socket.AF_UNIX)
			connection.connect(unix)
		else:
			connection = socket.create_connection(("127.0.0.1", server.port))
		peer = Peer(connection)
		for _ in range(3):
			peer.send(b"POST /in?q=1 HTTP/1.1\r\nHost: there:81\r\n" + headers
				  + b"Content-Length: 4\r\n\r\n", b"data")
			peer.take(len(OK))
		peer.close()

	def serve(peer, gate):
		while peer.head():
			peer.take(4)
			peer.send(OK)

	with Server(serve, unix=unix) as server, Subject(call) as client, watch(client) as sonde:
		client.gate.open()
		client.wait()
		for span in sonde.finish(3):
			equal_span(span, "POST", 200, kind="CLIENT", server__address="there", server__port=81,
				   url__full="http://there:81/in?q=1", **attributes)
		equal_sizes(sonde, 12, 6, "client")
		equal(sonde.last.sum("http_client_request_duration_seconds_count"), 3, "requests")
		equal(sonde.last.sum("sonde_request_start_total"), 0, "server's starts")


@test
def a_client():
	of_client()


@test
def a_client_on_a_unix_socket():
	with tempfile.TemporaryDirectory() as folder:
		of_client(os.path.join(folder, "socket"))


@test
def a_client_that_sends_a_context_has_it():
	of_client(headers=TRACE, trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331",
		  parent_span_id="")
