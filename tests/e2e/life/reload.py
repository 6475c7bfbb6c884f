# SPDX-License-Identifier: Apache-2.0
"""reload.py - SIGHUP: what is watched changes at once, the rest with another worker."""

import os
import signal
import tempfile

from lib import Sonde, check, equal, test, until, worker_of
from subject import GET, OK, Server, answering

COUNT = "http_server_request_duration_seconds_count"


class Configured:
	"""A sonde with a file of options that can be written anew."""

	def __init__(self, text):
		self.directory = tempfile.TemporaryDirectory(prefix="sonde-reload-")
		self.path = os.path.join(self.directory.name, "sonde.yaml")
		self.write(text)

	def write(self, text):
		with open(self.path, "w", encoding="ascii") as f:
			f.write(text)

	def __enter__(self):
		self.sonde = Sonde("--config.file=" + self.path, console="off")
		self.sonde.__enter__()
		return self

	def __exit__(self, *error):
		self.sonde.__exit__(*error)
		self.directory.cleanup()

	def reload(self, text):
		"""Returns what is logged about it."""
		said = len(self.sonde.said())
		self.write(text)
		self.sonde.process.send_signal(signal.SIGHUP)
		return until(lambda: [line for line in self.sonde.said()[said:].splitlines()
				      if "the configuration" in line], "a word about SIGHUP")[0]


def ask(server, times):
	peer = server.connect()
	for _ in range(times):
		peer.send(GET)
		peer.take(len(OK))
	peer.close()


def watching(*servers):
	return "watch: {pid: [%s]}\n" % ", ".join(str(server.pid) for server in servers)


@test
def what_is_watched_changes_and_the_worker_counts_on():
	with Server(answering(OK)) as first, Server(answering(OK)) as second, \
			Configured(watching(first)) as configured:
		sonde = configured.sonde
		worker = worker_of(sonde)
		ask(first, 3)
		sonde.until_metric(3, COUNT)
		said = configured.reload(watching(first, second))
		check("worker=kept" in said, said)
		ask(first, 2)
		ask(second, 4)
		sonde.until_metric(9, COUNT)
		# Not watched for a while, then again: its series go on.
		configured.reload(watching(second))
		ask(first, 5)
		ask(second, 1)
		sonde.until_metric(10, COUNT)
		configured.reload(watching(first, second))
		ask(first, 1)
		sonde.until_metric(11, COUNT)
		equal(worker_of(sonde), worker, "the worker")
		equal(sonde.settled().residuals(), {}, "what the ledger lacks")


@test
def another_option_needs_another_worker_and_the_log_says_which():
	with Server(answering(OK)) as server, Configured(watching(server)) as configured:
		sonde = configured.sonde
		worker = worker_of(sonde)
		ask(server, 3)
		sonde.until_metric(3, COUNT)
		said = configured.reload(watching(server) + "limit: {series: 77}\n")
		check("worker=replaced" in said and "changed_for_it=limit.series" in said, said)
		until(lambda: worker_of(sonde) != worker, "another worker")
		until(sonde.is_ready, "readiness")
		until(lambda: sonde.metrics().sum("sonde_in_total", stage="hook"), "metrics")
		ask(server, 2)
		sonde.until_metric(2, COUNT)


@test
def a_bad_file_changes_nothing():
	with Server(answering(OK)) as server, Configured(watching(server)) as configured:
		worker = worker_of(configured.sonde)
		said = configured.reload("watch: {pidd: [1]}\n")
		check("watch.pidd" in said and "the old one stays" in said, said)
		ask(server, 2)
		configured.sonde.until_metric(2, COUNT)
		equal(worker_of(configured.sonde), worker, "the worker")


def stays_with_the_old_one(options, file, why):
	"""`options` are good to read and only the new worker finds out that they cannot work."""
	with tempfile.TemporaryDirectory() as folder, Server(answering(OK)) as server, \
			Configured(watching(server)) as configured:
		sonde = configured.sonde
		path = os.path.join(folder, "file")
		os.chmod(folder, 0o755)
		if file:
			with open(path, "w", encoding="ascii") as f:
				f.write(file)
		worker = worker_of(sonde)
		configured.reload(watching(server) + options % path)
		until(lambda: "the old one stays" in sonde.said(), "a word about the old one")
		said = [line for line in sonde.said().splitlines() if "the old one stays" in line]
		check(len(said) == 1 and "level=error" in said[0] and why in said[0], said)
		until(lambda: worker_of(sonde) not in (None, worker), "another worker")
		until(sonde.is_ready, "readiness")
		ask(server, 2)
		sonde.until_metric(2, COUNT)
		# What is good is taken up after that.
		configured.reload(watching(server) + "limit: {series: 77}\n")
		until(sonde.is_ready, "readiness")
		sonde.stop()


@test
def a_bad_web_config_file_leaves_the_old_configuration():
	stays_with_the_old_one('web: {config: {file: "%s"}}\n', "nonsense: 1\n", "nonsense")


@test
def a_missing_certificate_leaves_the_old_configuration():
	stays_with_the_old_one('otlp: {endpoint: "https://localhost:4318", certificate: "%s"}\n', None,
			       "No such file")


@test
def a_signal_while_the_worker_is_replaced_is_not_forgotten():
	with Server(answering(OK)) as server, Configured(watching(server)) as configured:
		sonde = configured.sonde
		worker = worker_of(sonde)
		os.kill(worker, signal.SIGSTOP) # so that it is being replaced until it may go on
		configured.reload(watching(server) + "limit: {series: 77}\n")
		said = configured.reload(watching(server) + "limit: {series: 78}\n")
		os.kill(worker, signal.SIGCONT)
		check("when the next worker is ready" in said, said)
		until(lambda: sonde.said().count("worker=replaced") == 2, "the second configuration")
		until(lambda: sonde.said().count('"watching"') == 3, "the third worker")
		sonde.stop()


@test
def a_signal_while_the_worker_is_dead_is_not_forgotten():
	with Server(answering(OK)) as server, Configured(watching(server)) as configured:
		sonde = configured.sonde
		os.kill(worker_of(sonde), signal.SIGKILL)
		until(lambda: "the worker died" in sonde.said(), "a word about the worker")
		configured.reload(watching(server) + "limit: {series: 78}\n")
		until(lambda: "worker=replaced" in sonde.said(), "the new configuration")
		sonde.stop()
