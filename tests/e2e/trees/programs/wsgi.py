# SPDX-License-Identifier: Apache-2.0
"""wsgi.py - a WSGI application that calls $NEXT for each request, over a session kept by its worker."""

import os

import requests

session = requests.Session()


def application(environ, start_response):
	request = environ["PATH_INFO"].rsplit("/", 1)[1]
	answer = session.get("http://127.0.0.1:%s/next/%s" % (os.environ["NEXT"], request),
			     headers={"x-request-id": request})
	start_response("200 OK", [("Content-Length", str(len(answer.content)))])
	return [answer.content]
