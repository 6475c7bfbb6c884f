# SPDX-License-Identifier: Apache-2.0
"""hostile.py - a peer that chooses every byte: series stay bounded, sums exact, output valid."""

import os
import subprocess

from lib import check, equal, test
from subject import OK, Server, watch

COUNT = int(os.environ.get("PATHS", "100000"))
JUNK = [b"\x1b[31m", b"\xff\xfe", b"\xc3\x28", b"\xe2\x80\xae", b'"', b"\\", b"%0a", b"\xf0\x9f\x98\x80", b"{}", b"\x7f"]


def asked(number):
	method = b"GET" if number % 4 else b"M%d" % number
	junk = JUNK[number % len(JUNK)]
	return b"%s /%s/%s%d/%x HTTP/1.1\r\nHost: %s%d\r\nUser-Agent: %s\r\n\r\n" % (
		method, (b"a", b"b", b"c")[number % 3], junk, number, number * 7919, junk, number, junk)


def one_by_one(peer, gate):
	while peer.head():
		peer.send(OK)


@test
def a_hundred_thousand_paths_and_methods():
	with Server(one_by_one) as server, watch(server) as sonde:
		for first in range(0, COUNT, 1000):
			peer = server.connect()
			for number in range(first, first + 1000):
				peer.send(asked(number))
				peer.take(len(OK))
			peer.close()
		m = sonde.settled()
		name = "http_server_request_duration_seconds_count"
		equal(m.lost(), {}, "lost")
		equal(m.sum(name), COUNT, "requests")
		series = [labels for has, labels, _ in m.samples if has == name]
		check(len(series) <= 2001, "%d series" % len(series))
		checked = subprocess.run(["promtool", "check", "metrics"], input=m.text.encode(),
					 capture_output=True, check=False)
		check(b"error while linting" not in checked.stderr and checked.returncode in (0, 3),
		      "promtool: %s" % checked.stderr[:500])
		sonde.stop()
		for line in sonde.lines[::97]:
			line.decode("utf-8")
			check(b"\x1b" not in line and b"\x7f" not in line, "control bytes on the console")
		equal(len(sonde.lines) + m.sum("sonde_console_lines_total", outcome="dropped"), COUNT, "lines")


@test
def series_past_the_limit_share_one_and_the_sum_stays():
	count = 600
	with Server(one_by_one) as server, \
	     watch(server, "--http.route-guess=false", "--limit.series=50",
		   *["--http.route=/r%d" % n for n in range(count)]) as sonde:
		peer = server.connect()
		for number in range(count):
			peer.send(b"GET /r%d HTTP/1.1\r\nHost: h\r\n\r\n" % number)
			peer.take(len(OK))
		peer.close()
		m = sonde.settled()
		name = "http_server_request_duration_seconds_count"
		equal(m.lost(), {}, "lost")
		equal(m.sum(name), count, "requests")
		equal(m.sum(name, otel_metric_overflow="true"), count - 50, "those past the limit")
		equal(sum(1 for has, _, _ in m.samples if has == name), 51, "series")
		sonde.stop()
