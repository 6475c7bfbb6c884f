# SPDX-License-Identifier: Apache-2.0
"""hostile.py - a peer that chooses every byte: series stay bounded, sums exact, output valid."""

import os
import subprocess

from lib import Sonde, check, equal, test, worker_of
from receiver import Receiver
from subject import OK, Server, watch

MILLION = int(os.environ.get("PATHS", "1000000"))
COUNT = MILLION // 10
# What the worker may hold more than when it began: everything is held to 24 MB, of which its programs and
# libraries are 16. Once it has seen a fifth of what there is, little comes on top.
TIMES = int(os.environ.get("MEMORY_TIMES", "1"))
GROWN_KB, LATER_KB = TIMES * (8 << 10), TIMES * (2 << 10)
JUNK = [b"\x1b[31m", b"\xff\xfe", b"\xc3\x28", b"\xe2\x80\xae", b'"', b"\\", b"%0a", b"\xf0\x9f\x98\x80", b"{}", b"\x7f"]


def asked(number):
	method = b"GET" if number % 4 else b"M%d" % number
	junk = JUNK[number % len(JUNK)]
	return b"%s /%s/%s%d/%x HTTP/1.1\r\nHost: %s%d\r\nUser-Agent: %s\r\n\r\n" % (
		method, (b"a", b"b", b"c")[number % 3], junk, number, number * 7919, junk, number, junk)


def bomb(number):
	"""A head of 200 headers, or with one of 30 KB: past any limit."""
	junk = JUNK[number % len(JUNK)]
	many = b"".join(b"X-%d%s: %s\r\n" % (i, junk, junk * 20) for i in range(200))
	long = b"X-Long: " + junk * (30000 // len(junk)) + b"\r\n"
	return asked(number)[:-2] + (many if number % 2 else long) + b"\r\n"


def pss_kb(pid):
	"""What a process holds, its share of what it shares."""
	with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
		return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))


def counted(m, requests):
	"""All, but for those whose records are counted as lost where the worker had no CPU to keep up."""
	seen = m.sum("http_server_request_duration_seconds_count")
	lost = m.sum("sonde_lost_total", stage="ring")
	check(seen <= requests <= seen + lost, "%d seen, %d records lost: %s" % (seen, lost, m.lost()))


def promtool(text):
	checked = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
				 capture_output=True, check=False)
	check(b"error while linting" not in checked.stderr and checked.returncode in (0, 3),
	      "promtool: %s" % checked.stderr[:500])


def one_by_one(peer, gate):
	while peer.head():
		peer.send(OK)


@test
def a_hundred_thousand_paths_and_methods():
	with Server(one_by_one) as server, watch(server) as sonde:
		for first in range(0, COUNT, 1000):
			peer = server.connect()
			for number in range(first, min(first + 1000, COUNT)):
				peer.send(asked(number))
				peer.take(len(OK))
			peer.close()
		m = sonde.settled()
		name = "http_server_request_duration_seconds_count"
		equal(m.lost(), {}, "lost")
		equal(m.sum(name), COUNT, "requests")
		series = [labels for has, labels, _ in m.samples if has == name]
		check(len(series) <= 2001, "%d series" % len(series))
		promtool(m.text)
		sonde.stop()
		for line in sonde.lines[::97]:
			line.decode("utf-8")
			check(b"\x1b" not in line and b"\x7f" not in line, "control bytes on the console")
		equal(len(sonde.lines) + m.sum("sonde_console_lines_total", outcome="dropped"), COUNT, "lines")


@test
def a_million_paths_and_methods_are_bounded():
	with Receiver() as receiver, Server(one_by_one) as server, \
	     Sonde("--watch.pid=%d" % server.pid, "--otlp.endpoint=" + receiver.url,
		   "--otlp.metric-interval=2s", "--http.headers=user-agent",
		   "--trace.sampler=traceidratio", "--trace.ratio=0.01", console="off") as sonde:
		worker = worker_of(sonde)
		after = [pss_kb(worker)]  # before it is asked for anything, and after each fifth
		for first in range(0, MILLION, 1000):
			peer = server.connect()
			for number in range(first, first + 1000):
				peer.send(asked(number))
				peer.take(len(OK))
			peer.close()
			if (first + 1000) % (MILLION // 5) == 0:
				after.append(pss_kb(worker))
		m = sonde.settled()
		name = "http_server_request_duration_seconds_count"
		counted(m, MILLION)
		check(sum(1 for has, _, _ in m.samples if has == name) <= 2001, "series past their limit")
		check(max(after) < after[0] + GROWN_KB and after[-1] < after[1] + LATER_KB, "PSS in KB: %s" % after)
		promtool(m.text)
		sonde.stop()
	equal(receiver.wrong[:3], [], "what the receiver could not decode")
	check(receiver.spans > MILLION // 200, "%d spans came by OTLP" % receiver.spans)
	check("http.server.request.duration" in receiver.names, "metrics by OTLP: %s" % receiver.names)


@test
def heads_past_every_limit_are_bounded():
	with Server(one_by_one) as server, watch(server) as sonde:
		worker = worker_of(sonde)
		before = pss_kb(worker)
		peer = server.connect()
		for number in range(1000):
			peer.send(bomb(number))
			peer.take(len(OK))
		peer.close()
		m = sonde.settled()
		counted(m, 1000)
		check(m.sum("sonde_heads_cut_total") > 0, "no head was cut")
		after = pss_kb(worker)
		check(after < before + GROWN_KB, "PSS in KB: %d, then %d" % (before, after))
		promtool(m.text)
		sonde.stop()


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
