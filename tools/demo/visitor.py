#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""visitor.py PORT: a few requests a second to the service of `make run`, until it is gone."""

import http.client
import itertools
import sys
import time

REQUESTS_A_SECOND = 4
ROUND = [
    ("GET", "/", None),
    ("GET", "/users/{}", None),
    ("GET", "/search?q={}", None),
    ("POST", "/orders", '{{"item": {}}}'),
    ("GET", "/users/{}", None),
    ("GET", "/favicon.ico", None),
]


def visit(connection, method, path, body):
    connection.request(method, path, body)
    connection.getresponse().read()


def main():
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    for number, (method, path, body) in enumerate(itertools.cycle(ROUND), 1000):
        visit(connection, method, path.format(number), body and body.format(number))
        time.sleep(1 / REQUESTS_A_SECOND)


try:
    main()
except (OSError, http.client.HTTPException, KeyboardInterrupt):
    sys.exit(0)
