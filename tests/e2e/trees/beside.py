# SPDX-License-Identifier: Apache-2.0
"""beside.py - what stands beside a row's hops and is not watched: a database, a Collector."""

import contextlib
import glob
import os
import subprocess
import sys

from lib import ROOT, Skipped, check, free_port, is_open, running, until

sys.path.append(os.path.join(ROOT, "tests/e2e/collector"))

# pylint: disable=wrong-import-position
from collector import Collector, attributes, build_collector, spans_of

_KINDS = {2: "SERVER", 3: "CLIENT"}
_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


class Beside:
	"""What the hops are told of it (environment) and sonde (options)."""

	def __init__(self, environment=None, options=(), collector=None):
		self.environment = environment or {}
		self.options = list(options)
		self.collector = collector


@contextlib.contextmanager
def nothing(_):
	yield Beside()


@contextlib.contextmanager
def postgres(folder):
	"""A PostgreSQL of its own, run by nobody, with its data in the folder."""
	found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
	if not found:
		raise Skipped("PostgreSQL is not installed")
	data, port = os.path.join(folder, "postgres"), free_port()
	os.mkdir(data, 0o700)
	subprocess.run(["chown", "nobody:nogroup", data], check=True)
	subprocess.run([*_NOBODY, found[-1] + "/initdb", "--pgdata", data, "--username=postgres", "--auth=trust",
			"--no-sync", "--no-instructions", "--encoding=UTF8", "--no-locale"],
		       check=True, stdout=subprocess.DEVNULL, cwd=data)
	with running([*_NOBODY, found[-1] + "/postgres", "-D", data, "-p", str(port), "-k", data,
		      "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_min_messages=fatal"],
		     cwd=data, stderr=subprocess.DEVNULL) as process:
		until(lambda: process.poll() is not None or is_open(port), "PostgreSQL listens", 60)
		check(process.poll() is None, "PostgreSQL ended")
		yield Beside({"PGPORT": str(port)})


@contextlib.contextmanager
def collector(folder):
	"""A Collector that the programs' SDK and sonde send to."""
	why = build_collector()
	if why:
		raise Skipped("the Collector: " + why)
	with Collector(folder) as running_one:
		url = "http://127.0.0.1:%d" % running_one.port
		yield Beside({"OTEL_EXPORTER_OTLP_ENDPOINT": url}, ["--otlp.endpoint=" + url, "--otlp.schedule-delay=100ms"],
			     running_one)


def _as_on_the_console(about, span):
	return {
		"service": about.get("service.name", ""),
		"kind": _KINDS.get(span["kind"], ""),
		"trace_id": span["traceId"],
		"span_id": span["spanId"],
		"parent_span_id": span.get("parentSpanId", ""),
		"start_unix_nano": int(span["startTimeUnixNano"]),
		"end_unix_nano": int(span["endTimeUnixNano"]),
		"attributes": attributes(span),
		"links": [{"trace_id": link["traceId"], "span_id": link["spanId"]} for link in span.get("links", ())],
	}


def collected(one):
	"""(sonde's spans, the others) in a Collector's file, as the console has them."""
	ours, others = [], []
	for about, _, part, span in spans_of(one.requests()):
		to = ours if part["scope"].get("name") == "sonde" else others
		to.append(_as_on_the_console(about, span))
	return ours, others
