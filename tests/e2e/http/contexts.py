# SPDX-License-Identifier: Apache-2.0
"""contexts.py - headers of a trace as raw bytes to nginx: whose child its span is, and what it carries."""

import contextlib
import os
import socket
import tempfile

from lib import DEADLINE_S, Skipped, Sonde, check, equal, free_port, is_open, running, test, until

NGINX = """
daemon off;
worker_processes 1;
error_log stderr crit;
pid %(here)s/pid;
events { worker_connections 64; }
http {
	access_log off;
	large_client_header_buffers 4 16k;
	server {
		listen 127.0.0.1:%(port)d;
		location / { return 200 "ok"; }
	}
}
"""

TRACE = "12345678901234567890123456789012"
PARENT = "1234567890123456"
IDS = TRACE + "-" + PARENT
GOOD = "traceparent: 00-" + IDS + "-01"
B3_TRACE = "80f198ee56343ba864fe8b2a57d3eff7"
B3_SPAN = "e457b5a2e4d86bd1"
B3 = ["X-B3-TraceId: " + B3_TRACE, "X-B3-SpanId: " + B3_SPAN]

# Headers, then the span's trace, parent and state; of three that are empty it is a root of its own.
OF_W3C = [
	([], "", "", ""),
	([GOOD], TRACE, PARENT, ""),
	(["TraceParent:\t00-%s-01 \t" % IDS], TRACE, PARENT, ""),
	(["traceparent: 01-%s-01" % IDS], TRACE, PARENT, ""),
	(["traceparent: cc-%s-01-what-the-future-will-be-like" % IDS], TRACE, PARENT, ""),
	(["traceparent: cc-%s-01-" % IDS], TRACE, PARENT, ""),
	(["traceparent: cc-%s-01.what-the-future-will-not-be-like" % IDS], "", "", ""),
	(["traceparent: ff-%s-01" % IDS], "", "", ""),
	(["traceparent: 00-%s-01-" % IDS], "", "", ""),
	(["traceparent: 00-%s-01." % IDS], "", "", ""),
	(["traceparent: 00-%s-01-%s" % (IDS, "x" * 8000)], "", "", ""),
	(["traceparent: 00-%s-1" % IDS], "", "", ""),
	(["traceparent: 00-%s-001" % IDS], "", "", ""),
	(["traceparent: 00-%s-0x" % IDS], "", "", ""),
	(["traceparent: 00-%s" % IDS], "", "", ""),
	(["traceparent: 0-%s-01" % IDS], "", "", ""),
	(["traceparent: 000-%s-01" % IDS], "", "", ""),
	(["traceparent: .0-%s-01" % IDS], "", "", ""),
	(["traceparent: 00-%s-%s-01" % ("0" * 32, PARENT)], "", "", ""),
	(["traceparent: 00-%s-%s-01" % (TRACE, "0" * 16)], "", "", ""),
	(["traceparent: 00-%s-%s-01" % (TRACE[1:], PARENT)], "", "", ""),
	(["traceparent: 00-%s3-%s-01" % (TRACE, PARENT)], "", "", ""),
	(["traceparent: 00-%s-%s-01" % (TRACE, PARENT[1:])], "", "", ""),
	(["traceparent: 00-%s-.%s-01" % (TRACE, PARENT[1:])], "", "", ""),
	(["traceparent: 00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01"], "", "", ""),
	(["trace-parent: 00-%s-01" % IDS], "", "", ""),
	([GOOD, GOOD], "", "", ""),
	([GOOD, "X-Id: 1", "Traceparent: 00-%s-00" % IDS], "", "", ""),
	(["traceparent:", GOOD], "", "", ""),
	(["traceparent: 00-%s-01,00-%s-01" % (IDS, IDS)], "", "", ""),
	(["tracestate: foo=1"], "", "", ""),
	([GOOD, "tracestate: foo=1,bar=2"], TRACE, PARENT, "foo=1,bar=2"),
	([GOOD, "TRACESTATE: \tfoo=1 , bar=2 \t"], TRACE, PARENT, "foo=1 , bar=2"),
	([GOOD, "tracestate: foo=1,,bar=2"], TRACE, PARENT, "foo=1,,bar=2"),
	([GOOD, "tracestate:"], TRACE, PARENT, ""),
	(["tracestate: foo=1,bar=2", GOOD, "tracestate: rojo=1", "tracestate: baz=3"], TRACE, PARENT,
	 "foo=1,bar=2,rojo=1,baz=3"),
	([GOOD, "tracestate: foo=1", "tracestate: bar=2", "tracestate: foo=3"], TRACE, PARENT, ""),
	([GOOD, "tracestate: foo=1,foo=2"], TRACE, PARENT, ""),
	([GOOD, "tracestate: FOO=1"], TRACE, PARENT, ""),
	([GOOD, "tracestate: foo =1"], TRACE, PARENT, ""),
	([GOOD, "tracestate: foo"], TRACE, PARENT, ""),
	([GOOD, "tracestate: " + ",".join("k%d=1" % n for n in range(32))], TRACE, PARENT,
	 ",".join("k%d=1" % n for n in range(32))),
	([GOOD, "tracestate: " + ",".join("k%d=1" % n for n in range(33))], TRACE, PARENT, ""),
]

OF_B3 = [
	(["b3: %s-%s-1-05e3ac9a4f6e3b90" % (B3_TRACE, B3_SPAN)], B3_TRACE, B3_SPAN, ""),
	(["b3: %s-%s-d" % (B3_TRACE[16:], B3_SPAN)], "0" * 16 + B3_TRACE[16:], B3_SPAN, ""),
	(["B3: %s-%s" % (B3_TRACE, B3_SPAN)], B3_TRACE, B3_SPAN, ""),
	(["b3: 1"], "", "", ""),
	(["b3: %s-%s-2" % (B3_TRACE, B3_SPAN)], "", "", ""),
	(["b3: %s-%s-1-" % (B3_TRACE, B3_SPAN)], "", "", ""),
	(["b3: %s-%s-1" % (B3_TRACE, "0" * 16)], "", "", ""),
	(["b3: %s-%s-1" % (B3_TRACE.upper(), B3_SPAN)], "", "", ""),
	(B3 + ["X-B3-Sampled: 1", "X-B3-ParentSpanId: 05e3ac9a4f6e3b90"], B3_TRACE, B3_SPAN, ""),
	(B3 + ["X-B3-Flags: 1"], B3_TRACE, B3_SPAN, ""),
	(B3[:1], "", "", ""),
	(B3[1:], "", "", ""),
	(B3 + ["X-B3-Sampled: perhaps"], "", "", ""),
	(B3 + [GOOD], TRACE, PARENT, ""),
	(B3 + ["traceparent: 00-%s" % IDS, "tracestate: a=1"], B3_TRACE, B3_SPAN, ""),
	(B3 + ["b3: %s-%s" % (TRACE, PARENT)], TRACE, PARENT, ""),
	([GOOD, "b3: 0"], TRACE, PARENT, ""),
]

# By the sampler that follows the parent there is no span of these.
UNSAMPLED = [
	["b3: 0"], ["X-B3-Sampled: 0"], ["b3: %s-%s-0" % (B3_TRACE, B3_SPAN)], B3 + ["X-B3-Sampled: 0"],
	["traceparent: 00-%s-00" % IDS, "b3: 1"],
]


@contextlib.contextmanager
def nginx():
	if not os.path.exists("/usr/sbin/nginx"):
		raise Skipped("nginx is not installed")
	with tempfile.TemporaryDirectory(prefix="sonde-http-") as folder:
		os.chmod(folder, 0o755)
		port, path = free_port(), os.path.join(folder, "nginx.conf")
		with open(path, "w", encoding="ascii") as to:
			to.write(NGINX % {"here": folder, "port": port})
		with running(["/usr/sbin/nginx", "-c", path]):
			until(lambda: is_open(port), "nginx listens")
			yield port


def ask(port, path, headers):
	"""One request by a connection of its own, to the end of the answer."""
	head = "\r\n".join(["GET /%s HTTP/1.1" % path, "Host: h", "Connection: close", *headers, "", ""])
	with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
		connection.sendall(head.encode("latin-1"))
		answer = b""
		while True:
			got = connection.recv(65536)
			if not got:
				break
			answer += got
	check(answer.startswith(b"HTTP/1.1 200 "), "nginx said %s to %s" % (answer[:60], headers))


def is_child(span, trace, parent, state, headers):
	said = "of %s" % [header[:100] for header in headers]
	equal(span["parent_span_id"], parent, "parent " + said)
	equal(span["trace_state"], state, "state " + said)
	if trace:
		equal(span["trace_id"], trace, "trace " + said)
	else:
		check(span["trace_id"] not in (TRACE, B3_TRACE, "0" * 32), "a trace of its own " + said)
	check(span["span_id"] not in (PARENT, B3_SPAN, "0" * 16), "an id of its own " + said)


@test
def parents_are_those_that_w3c_and_b3_have():
	cases = OF_W3C + OF_B3
	with nginx() as port, Sonde("--watch.port=%d" % port) as sonde:
		for number, (headers, *_) in enumerate(cases):
			ask(port, "case-%d" % number, headers)
		for headers in UNSAMPLED:
			ask(port, "unsampled", headers)
		sonde.until_metric(len(UNSAMPLED), "sonde_spans_unsampled_total")
		for number, (span, (headers, *want)) in enumerate(zip(sonde.finish(len(cases)), cases)):
			equal(span["attributes"]["url.path"], "/case-%d" % number, "path")
			is_child(span, *want, headers)
		equal(sonde.last.sum("sonde_spans_unsampled_total"), len(UNSAMPLED), "unsampled")


@test
def propagators_that_are_not_configured_are_not_read():
	with nginx() as port, Sonde("--watch.port=%d" % port, "--trace.propagators=tracecontext",
				    "--trace.baggage=tenant") as sonde:
		ask(port, "", B3 + ["b3: 0", "baggage: tenant=t1"])
		span, = sonde.finish(1)
		is_child(span, "", "", "", B3)
		check("tenant" not in span["attributes"], "baggage was read")


@test
def baggage_that_is_wanted_is_on_spans():
	with nginx() as port, Sonde("--watch.port=%d" % port, "--trace.baggage=tenant,user.*") as sonde:
		ask(port, "", ["baggage: tenant=t%201;ttl=5,secret=1", "Authorization: Basic user.x=1",
			       "Baggage: user.name=%C3%A4%ff , broken"])
		ask(port, "", ["baggage: " + ",".join("user.%d=x" % n for n in range(70))])
		first, second = sonde.finish(2)
		of_baggage = {key: value for key, value in first["attributes"].items()
			      if key in ("tenant", "secret") or key.startswith("user.")}
		equal(of_baggage, {"tenant": "t 1", "user.name": "\u00e4\ufffd"}, "attributes")
		equal(sum(key.startswith("user.") for key in second["attributes"]), 16, "attributes of baggage")
		equal(sonde.last.sum("sonde_baggage_dropped_total", reason="invalid"), 1, "no members")
		equal(sonde.last.sum("sonde_baggage_dropped_total", reason="limit"), 54, "members past the limits")
