# SPDX-License-Identifier: Apache-2.0
"""ends_of_sonde.py - exit statuses, and what is said with each."""

import os
import signal
import subprocess

from lib import DEADLINE_S, SONDE, Sonde, check, end_process, equal, free_port, test
from subject import GET, OK, Server, answering, exchange, watch


def sonde_says(*arguments, environment=None):
	done = subprocess.run([SONDE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
			      text=True, timeout=DEADLINE_S, check=False,
			      env=dict(os.environ, **(environment or {})))
	return done.returncode, done.stderr + done.stdout


def refused(arguments, *said, environment=None):
	status, text = sonde_says(*arguments, environment=environment)
	equal(status, 2, "exit status of %s, which says %s" % (arguments, text))
	for part in said:
		check(part in text, "%s: %r is not in %r" % (arguments, part, text))


@test
def usage_that_is_wrong_is_2_and_says_what_is_meant():
	refused(["--watch.prot=80"], "watch.prot", "watch.port")
	refused(["--watch.port=http"], "watch.port", "http")
	refused(["--watch.port=70000"], "watch.port", "70000")
	refused(["--watch.pid=0"], "watch.pid")
	refused(["--web.max-requests=x", "--watch.all"], "web.max-requests")
	refused(["--console.format=xml", "--watch.all"], "console.format", "json")
	refused(["rnu"], "rnu", "run")
	refused(["--watch.all"], "SONDE_LIMIT_SERIES", environment={"SONDE_LIMIT_SERIES": "many"})
	refused(["--config.file=/nonexistent.yaml"], "/nonexistent.yaml")


@test
def nothing_to_watch_is_2_and_lists_what_listens():
	with Server(answering(OK)) as server:
		refused([], "--watch.port=%d" % server.port, "--watch.pid=%d" % server.pid, "python3")


@test
def a_second_sonde_is_3_and_names_the_first():
	with Server(answering(OK)) as server, watch(server) as sonde:
		status, text = sonde_says("--watch.pid=%d" % server.pid,
					  "--web.listen-address=127.0.0.1:%d" % free_port())
		equal(status, 3, "exit status")
		check("pid=%d" % sonde.process.pid in text, text)
		exchange(server, GET, len(OK))
		sonde.finish(1)


@test
def a_port_in_use_is_1():
	with Server(answering(OK)) as server:
		status, text = sonde_says("--watch.pid=%d" % server.pid,
					  "--web.listen-address=127.0.0.1:%d" % server.port)
		equal(status, 1, "exit status")
		check(str(server.port) in text and "in use" in text, text)


def ended_by(sent):
	"""What was seen up to the signal is told before the end."""
	with Server(answering(OK)) as server, watch(server) as sonde:
		exchange(server, GET * 1, len(OK))
		status = end_process(sonde.process, sent)
		sonde.reader.join(DEADLINE_S)
		equal(status, 0, "exit status")
		equal(len(sonde.lines), 1, "spans")


@test
def sigterm_flushes_and_is_0():
	ended_by(signal.SIGTERM)


@test
def sigint_flushes_and_is_0():
	ended_by(signal.SIGINT)
