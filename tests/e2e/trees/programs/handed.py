# SPDX-License-Identifier: Apache-2.0
"""
handed.py PORT NEXT forks|passes - who accepts a connection is not who serves it.

	forks	a child for each connection, which has it from its parent, and one to NEXT as well
	passes	each connection goes to one of four children through a unix socket
"""

import http.client
import itertools
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler
from threading import Thread

PORT, NEXT, HOW = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
CHILDREN = 4


def connected():
	upstream = http.client.HTTPConnection("127.0.0.1", NEXT)
	upstream.connect()
	return upstream


def serve(connection, address, upstream):
	class Handler(BaseHTTPRequestHandler):
		protocol_version = "HTTP/1.1"
		disable_nagle_algorithm = True

		def do_GET(self):
			request = self.path.rsplit("/", 1)[1]
			upstream.request("GET", "/next/" + request, headers={"x-request-id": request})
			body = upstream.getresponse().read()
			self.send_response(200)
			self.send_header("Content-Length", str(len(body)))
			self.end_headers()
			self.wfile.write(body)

		def log_message(self, *arguments):
			pass

	Handler(connection, address, None)
	connection.close()
	upstream.close()


def forks(listener):
	while True:
		connection, address = listener.accept()
		upstream = connected()
		if not os.fork():
			serve(connection, address, upstream)
			os._exit(0)
		connection.close()
		upstream.close()


def take(channel):
	while True:
		_, descriptors, _, address = socket.recv_fds(channel, 1, 1)
		if not descriptors:
			return
		connection = socket.socket(fileno=descriptors[0])
		Thread(target=serve, args=(connection, address, connected()), daemon=True).start()


def passes(listener):
	channels = []
	for _ in range(CHILDREN):
		mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		if not os.fork():
			mine.close()
			take(theirs)
			os._exit(0)
		theirs.close()
		channels.append(mine)
	for channel in itertools.cycle(channels):
		connection, _ = listener.accept()
		socket.send_fds(channel, [b"."], [connection.fileno()])
		connection.close()


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
{"forks": forks, "passes": passes}[HOW](socket.create_server(("127.0.0.1", PORT), backlog=1024))
