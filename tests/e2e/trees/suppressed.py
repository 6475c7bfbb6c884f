# SPDX-License-Identifier: Apache-2.0
"""suppressed.py - of a program that sends spans of its own, sonde's are not sent beside them."""

import json
import subprocess
import tempfile

import beside
import hops
from graph import curl
from lib import SONDE, Sonde, equal, free_port, is_open, running, test, until
from measure import chain
from rows import Row

ASKED = 20
OPTION = "--trace.beside-sdk=suppress"
PUBLISHES = """
import http.server, mmap, os, sys
fd = os.memfd_create("OTEL_CTX")
os.ftruncate(fd, 4096)
context = mmap.mmap(fd, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
os.close(fd)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def sends_spans(pid):
	said = subprocess.run([SONDE, "explain", "--json", str(pid)], check=False, capture_output=True, text=True)
	return json.loads(said.stdout)["process"].get("sends_spans")


def later_served(spans):
	"""How many are of servers that were asked for /later, by the conventions of today or of old."""
	return sum(s["kind"] == "SERVER" and "/later" in s["attributes"].get("url.path", s["attributes"].get("http.target", ""))
		   for s in spans)


@test
def a_program_that_publishes_an_otel_ctx_sends_spans_of_its_own():
	port = free_port()
	with running([hops.PYTHON, "-c", PUBLISHES, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
		until(lambda: is_open(port), "it listens")
		equal(sends_spans(process.pid), "otel_ctx", "what explain says without a running sonde")
		with Sonde("--watch.pid=%d" % process.pid, OPTION) as sonde:
			equal(sends_spans(process.pid), "otel_ctx", "what the running sonde says")
			curl(port, "/", ASKED)
			m = sonde.until_metric(ASKED, "sonde_spans_suppressed_total")
			sonde.stop()
	equal(m.sum("http_server_request_duration_seconds_count"), ASKED, "requests")
	equal(len(sonde.spans()), 0, "spans")


@test
def a_program_that_exports_spans_is_left_to_its_sdk():
	row = Row("suppressed", (hops.node_beside_sdk("http", "direct"), hops.node_beside_sdk("http", "leaf")))
	with tempfile.TemporaryDirectory(prefix="sonde-trees-") as folder, beside.collector(folder) as there, \
			chain(row, there.environment) as (chained, pids, options):
		with Sonde("--watch.pid=" + ",".join(map(str, pids)), *options, OPTION) as sonde:
			curl(chained[0].port, "/first", 1)
			until(lambda: [sends_spans(pid) for pid in pids] == ["otlp_http"] * 2, "both have exported spans")
			curl(chained[0].port, "/later", ASKED)
			m = sonde.settled()
			sonde.stop()
		until(lambda: later_served(beside.collected(there.collector)[1]) == 2 * ASKED, "the SDK's own spans of its servers")
	equal(m.lost(), {}, "lost")
	equal(m.sum("http_server_request_duration_seconds_count"), 2 * (ASKED + 1), "requests")
	equal(later_served(sonde.spans()), 0, "spans beside the SDK's")
