# SPDX-License-Identifier: Apache-2.0
"""drive.py - requests that carry their own id, so many at once, each over kept connections."""

import hashlib
import http.client
import threading

from lib import DEADLINE_S, Failed


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
		raise Failed("%s was answered with %d" % (request, answer.status))


def drive(port, requests, concurrency, with_context=False):
	"""Send each of these ids once, `concurrency` at a time; each is answered with 200."""
	left, failures = iter(requests), []
	turn = threading.Lock()

	def work():
		connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3 * DEADLINE_S)
		try:
			while not failures:
				with turn:
					request = next(left, None)
				if request is None:
					return
				_ask(connection, request, with_context)
		except (OSError, http.client.HTTPException, Failed) as why:
			failures.append(why)
		finally:
			connection.close()

	threads = [threading.Thread(target=work) for _ in range(concurrency)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	if failures:
		raise Failed("a request failed: %r" % failures[0])
