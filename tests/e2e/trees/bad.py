# SPDX-License-Identifier: Apache-2.0
"""bad.py - no parent is invented where records are lost, and where there are very many connections."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading

import hops
from drive import requests_of
from judge import KINDS, Judge
from lib import SONDE, Sonde, check, equal, test, worker_of
from measure import HERE, chain
from rows import Row

THROUGH = Row("bad", (hops.nginx_proxy, hops.node("http", "direct"), hops.nginx_leaf))
PAIR = Row("many", (hops.nginx_proxy, hops.nginx_leaf))


def drive(port, at_once, count):
	subprocess.run([hops.PYTHON, os.path.join(HERE, "drive.py"), str(port), str(at_once), str(count)], check=True)


def none_wrong(verdict):
	for kind in KINDS:
		edges = verdict.edges(kind)
		check(edges.right, "none is right: " + kind)
		equal(edges.wrong, 0, "wrong parents, %s, like %s" % (kind, verdict.examples[:1]))
	equal(verdict.twice, 0, "exchanges told twice")


# So many requests are seen before others are driven: all programs are known by name then.
KNOWN = 10


class Hindered(threading.Thread):
	"""A process that may run now and then only."""

	def __init__(self, pid):
		super().__init__(daemon=True)
		self.pid, self.ended = pid, threading.Event()

	def run(self):
		while not self.ended.is_set():
			os.kill(self.pid, signal.SIGSTOP)
			self.ended.wait(0.4)
			os.kill(self.pid, signal.SIGCONT)
			self.ended.wait(0.01)

	def __enter__(self):
		self.start()

	def __exit__(self, *error):
		self.ended.set()
		self.join()


def replayed(tape, options):
	"""Spans of a tape: a pipe would lose lines of those that are many at once, and be right to."""
	said = subprocess.run([SONDE, "replay", tape, "--console.format=json", *options], capture_output=True, text=True, check=True)
	return [json.loads(line) for line in said.stdout.splitlines()]


def driven(row, at_once, count, hindered):
	"""(the last metrics, the verdict on the parents)"""
	with tempfile.TemporaryDirectory(prefix="sonde-trees-") as folder, chain(row) as (chained, pids, options):
		tape = os.path.join(folder, "tape")
		with Sonde("--watch.pid=" + ",".join(map(str, pids)), "--tape.record=" + tape, *options, console="off") as sonde:
			drive(chained[0].port, 1, KNOWN)
			sonde.until_metric(KNOWN * len(chained), "http_server_request_duration_seconds_count")
			with Hindered(worker_of(sonde)) if hindered else contextlib.nullcontext():
				drive(chained[0].port, at_once, count)
			m = sonde.settled()
			sonde.stop()
		judge = Judge(replayed(tape, options), [hop.name for hop in chained])
		return m, judge.judge(requests_of(at_once, count))


@test
def no_parent_is_invented_where_records_are_lost():
	"""The rings are full again and again: what is open then has lost its beginning or its end."""
	m, verdict = driven(THROUGH, 64, 20000, hindered=True)
	check(m.lost().get(("ring", "full")), "nothing was lost: " + str(m.lost()))
	none_wrong(verdict)


@test
def a_hundred_thousand_connections_through_one_proxy():
	m, verdict = driven(PAIR, 8, 100000, hindered=False)
	none_wrong(verdict)
	# A record that a busy machine loses is told of in the metrics; it says when a connection, or both of its ends, began.
	most = 4 * sum(m.lost().values())
	for edges in (verdict.across, verdict.inside):
		check(edges.right >= 100000 - most, "%s, with %s, like %s" % (edges, m.lost(), verdict.examples[:1]))
