# SPDX-License-Identifier: Apache-2.0
"""
drive.py PORT AT-ONCE COUNT [traceparent] - requests that carry their own id, over kept connections.

It is a program of its own so that who reads sonde's spans meanwhile has an interpreter to itself.
"""

import hashlib
import http.client
import sys
import threading

DEADLINE_S = 60


def requests_of(concurrency, count):
	"""The ids that are sent."""
	return ["c%dn%d" % (concurrency, number) for number in range(count)]


def context_of(request):
	"""The (trace id, span id) that a request's traceparent names."""
	digest = hashlib.sha256(request.encode()).hexdigest()
	return digest[:32], digest[32:48]


def _headers(request, with_context):
	headers = {"x-request-id": request}
	if with_context:
		headers["traceparent"] = "00-%s-%s-01" % context_of(request)
	return headers


def _ask(connection, request, with_context):
	connection.request("GET", "/work/" + request, headers=_headers(request, with_context))
	answer = connection.getresponse()
	answer.read()
	if answer.status != 200:
		raise OSError("%s was answered with %d" % (request, answer.status))


def drive(port, requests, concurrency, with_context):
	"""Send each of these ids once, `concurrency` at a time; each is answered with 200."""
	left, failures = iter(requests), []
	turn = threading.Lock()

	def work():
		connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
		try:
			while not failures:
				with turn:
					request = next(left, None)
				if request is None:
					return
				_ask(connection, request, with_context)
		except (OSError, http.client.HTTPException) as why:
			failures.append(why)
		finally:
			connection.close()

	threads = [threading.Thread(target=work) for _ in range(concurrency)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	if failures:
		sys.exit("a request failed: %r" % failures[0])


if __name__ == "__main__":
	port, concurrency, count = map(int, sys.argv[1:4])
	drive(port, requests_of(concurrency, count), concurrency, "traceparent" in sys.argv[4:])
