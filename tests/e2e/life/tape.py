# SPDX-License-Identifier: Apache-2.0
"""tape.py - a tape replayed gives what the live run gave."""

import os
import signal
import subprocess
import tempfile

from lib import SONDE, Metrics, check, equal, test, until, worker_of
from subject import GET, OK, Server, answering, exchange, watch

COMPARED = (
	"http_server_request_duration_seconds_count",
	"http_server_request_body_size_bytes_sum",
	"http_server_response_body_size_bytes_sum",
	"sonde_requests_joined_late_total",
	"sonde_requests_lost_total",
)


def replay(path, *arguments):
	return subprocess.run([SONDE, "replay", path, *arguments], capture_output=True, text=True, check=False)


def record(path):
	"""The metrics of a live run whose records are on the tape now."""
	with Server(answering(OK)) as server, watch(server, "--tape.record=" + path) as sonde:
		for number in range(100):
			peer = server.connect()
			for _ in range(10):
				peer.send(GET.replace(b"/", b"/%c" % (97 + number % 5), 1))
				peer.take(len(OK))
			peer.close()
		sonde.finish(1000)
		return sonde.last


@test
def a_replay_counts_what_was_counted_live():
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "tape")
		live = record(path)
		equal(os.stat(path).st_mode & 0o777, 0o600, "mode of the tape")
		said = replay(path)
		equal(said.returncode, 0, "exit status of the replay, which says " + said.stderr)
		again = Metrics(said.stdout)
		for name in COMPARED:
			equal(again.sum(name), live.sum(name), name)
		for route in "abcde":
			name, labels = COMPARED[0], {"http_route": "/" + route, "http_response_status_code": "200"}
			equal(again.sum(name, **labels), live.sum(name, **labels), route)
		lines = replay(path, "--console.format=json")
		equal(lines.stdout.count("\n"), 1000, "spans of the replay")
		equal(replay(path, "--console.format=json").stdout, lines.stdout, "a second replay")


@test
def a_tape_outlives_workers_that_are_killed():
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "tape")
		with Server(answering(OK)) as server, watch(server, "--tape.record=" + path) as sonde:
			for restarts in range(1, 4):
				exchange(server, GET, len(OK))
				until(lambda: len(sonde.lines) >= restarts, "a span")
				until(lambda: _is_flushed(path, restarts), "it is on the tape")
				os.kill(worker_of(sonde), signal.SIGKILL)
				sonde.until_metric(restarts, "sonde_worker_restarts_total")
			exchange(server, GET, len(OK))
			until(lambda: len(sonde.lines) >= 4, "a span of the last worker")
			sonde.stop()
		lines = replay(path, "--console.format=json")
		equal(lines.returncode, 0, "exit status of the replay, which says " + lines.stderr)
		equal(lines.stdout.count("\n"), 4, "spans of the replay")


def _is_flushed(path, requests):
	with open(path, "rb") as f:
		return f.read().count(b"GET / HTTP") == requests


@test
def a_tape_that_is_cut_or_wrong_says_where():
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "tape")
		record(path)
		with open(path, "rb") as f:
			whole = f.read()
		for name, bad in (("cut", whole[:-7]), ("wrong", whole[:1000] + b"\xff" * 1000 + whole[2000:])):
			with open(path, "wb") as f:
				f.write(bad)
			said = replay(path)
			equal(said.returncode, 1, "exit status of a tape that is " + name)
			check("offset " in said.stderr, "no offset: " + said.stderr)
		equal(replay("/nonexistent").returncode, 1, "exit status without a tape")
