# SPDX-License-Identifier: Apache-2.0
"""
bad.py - no parent is invented where records are lost, and none is missing where none is: with very
many connections, and beside a request that takes long.
"""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading

import hops
from drive import requests_of
from judge import KINDS, Judge, Verdict
from lib import SONDE, Metrics, Sonde, check, equal, test, worker_of
from measure import HERE, chain, counted
from rows import Row

THROUGH = Row("bad", (hops.nginx_proxy, hops.node("http", "direct"), hops.nginx_leaf))
PAIR = Row("many", (hops.nginx_proxy, hops.nginx_leaf))


def drive(port, at_once, count):
	subprocess.run([hops.PYTHON, os.path.join(HERE, "drive.py"), str(port), str(at_once), str(count), "c"], check=True)


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
	"""(spans of a tape, metrics of it): a pipe would lose lines of those that are many at once, and be right to."""
	said = subprocess.run([SONDE, "replay", tape, "--console.format=json", "--log.level=debug", *options],
			      capture_output=True, text=True, check=True)
	return [json.loads(line) for line in said.stdout.splitlines()], Metrics(said.stderr)


@contextlib.contextmanager
def slow_one(port):
	"""A request whose body ends after the others are answered."""
	with socket.create_connection(("127.0.0.1", port)) as asks:
		asks.sendall(b"POST /entry/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\na")
		yield
		asks.sendall(b"b")
		check(asks.recv(65536), "the slow one has no answer")


@dataclasses.dataclass
class Driven:
	metrics: Metrics  # the last
	counted: tuple  # what bears on parents: by sonde, and where its tape was replayed
	verdict: Verdict

	def lost(self):
		return self.metrics.lost()


def driven(row, at_once, count, meanwhile):
	"""`meanwhile` makes what stands beside the requests, of their port and sonde."""
	with tempfile.TemporaryDirectory(prefix="sonde-trees-") as folder, chain(row) as (chained, pids, options):
		tape = os.path.join(folder, "tape")
		with Sonde("--watch.pid=" + ",".join(map(str, pids)), "--tape.record=" + tape, *options, console="off") as sonde:
			drive(chained[0].port, 1, KNOWN)
			sonde.until_metric(KNOWN * len(chained), "http_server_request_duration_seconds_count")
			with meanwhile(chained[0].port, sonde):
				drive(chained[0].port, at_once, count)
			m = sonde.settled()
			sonde.stop()
			check("the tape cannot be written" not in sonde.said(), "the tape is not whole")
		spans, replay = replayed(tape, options)
		judge = Judge(spans, [hop.name for hop in chained])
		return Driven(m, (counted(m), counted(replay)), judge.judge(requests_of(at_once, count)))


def nothing(port, sonde):  # pylint: disable=unused-argument
	return contextlib.nullcontext()


def all_are_right(found, count):
	none_wrong(found.verdict)
	# A record that a busy machine loses is told of in the metrics; it says when a connection, or both of its ends, began.
	most = 4 * sum(found.lost().values())
	for edges in (found.verdict.across, found.verdict.inside):
		check(edges.right >= count - most, "%s; counted: %s" % (found.verdict.said(), found.counted))


@test
def no_parent_is_invented_where_records_are_lost():
	"""The rings are full again and again: what is open then has lost its beginning or its end."""
	found = driven(THROUGH, 64, 20000, lambda _, sonde: Hindered(worker_of(sonde)))
	check(found.lost().get(("ring", "full")), "nothing was lost: " + str(found.lost()))
	none_wrong(found.verdict)


@test
def a_hundred_thousand_connections_through_one_proxy():
	all_are_right(driven(PAIR, 8, 100000, nothing), 100000)


@test
def thousands_of_calls_beside_one_slow_request():
	"""Any of them could be its call: they wait for it, until more wait than may."""
	found = driven(PAIR, 8, 20000, lambda port, _: slow_one(port))
	check(any("hurried" in name for name in found.counted[1]), "they all could wait: %s" % found.counted[1])
	all_are_right(found, 20000)
