# SPDX-License-Identifier: Apache-2.0
"""graph.py - the service graph: who calls whom, each request once, whichever ends are watched."""

import subprocess

import hops
from lib import Sonde, equal, test
from measure import chain
from rows import Row

GOOD, BAD = 30, 12
NAME = "sonde_service_requests_total"


def curl(port, path, count):
	"""`count` requests on one connection."""
	url = "http://127.0.0.1:%d%s?[1-%d]" % (port, path, count)
	said = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\n", url],
			      capture_output=True, text=True, check=True)
	equal(len(said.stdout.split()), count, "answers of %s, which say %s" % (path, said.stderr))


def edges(m):
	"""{(client, server, virtual_node): [good, failed]}"""
	found = {}
	for name, has, value in m.samples:
		if name == NAME:
			edge = found.setdefault((has["client"], has["server"], has.get("virtual_node")), [0, 0])
			edge[has["failed"] == "true"] += int(value)
	return found


def drawn(watched, want, by_socket=False):
	"""The proxy and what is behind it, with curl before them; `want` gives the edges of the hops."""
	row = Row("graph", (hops.nginx_proxy_kept, hops.nginx_failing_leaf), by_socket=by_socket)
	with chain(row) as (chained, pids, options):
		pids = ",".join(str(pids[i]) for i in watched)
		with Sonde("--watch.pid=" + pids, *options, console="off") as sonde:
			curl(chained[0].port, "/", GOOD)
			curl(chained[0].port, "/fails", BAD)
			m = sonde.settled()
			sonde.stop()
	equal(m.lost(), {}, "lost")
	equal(edges(m), {edge: [GOOD, BAD] for edge in want(*chained)}, "edges")
	equal(m.sum("sonde_service_duration_seconds_count"), (GOOD + BAD) * len(edges(m)), "durations")


CURL_TO_HOP1 = ("127.0.0.1", "hop1", "client")


@test
def graph_of_two_services_that_are_watched():
	drawn((0, 1), lambda one, two: [CURL_TO_HOP1, ("hop1", "hop2", None)])


@test
def graph_of_two_services_by_a_unix_socket():
	drawn((0, 1), lambda one, two: [CURL_TO_HOP1, ("hop1", "hop2", None)], by_socket=True)


@test
def graph_of_a_service_that_calls_an_address():
	drawn((0,), lambda one, two: [CURL_TO_HOP1, ("hop1", "127.0.0.1:%d" % two.port, "server")])


@test
def graph_of_a_service_that_calls_a_unix_socket():
	drawn((0,), lambda one, two: [CURL_TO_HOP1, ("hop1", "unix", "server")], by_socket=True)


@test
def graph_of_a_service_that_an_address_calls():
	drawn((1,), lambda one, two: [("127.0.0.1", "hop2", "client")])
