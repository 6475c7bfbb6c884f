# SPDX-License-Identifier: Apache-2.0
"""chosen.py - who is watched changes: by exec, by a port, by an id that is used again."""

import contextlib
import os
import shutil
import signal
import tempfile

from lib import Skipped, Sonde, check, equal, free_port, running, test, until
from subject import GET, OK, Server, Subject, answering, equal_span, exchange, watch


def answers_never(peer, gate):
	"""Becomes another program with a question in hand and its connection open."""
	peer.head()
	peer.socket.set_inheritable(True)
	gate.wait()
	os.execv("/bin/sleep", ["sleep", "1000"])


@test
def who_becomes_an_excluded_program_has_ended():
	with Server(answers_never) as server, watch(server, "--watch.exclude.exe=sleep") as sonde:
		peer = server.connect()
		peer.send(GET)
		sonde.until_metric(1, "sonde_inside", stage="exchange")
		server.gate.open()
		until(lambda: sonde.lines, "the end of its exchange")
		equal(sonde.metrics().sum("sonde_processes_watched"), 0, "processes that are watched")
		peer.close()
		equal_span(sonde.finish(1)[0], "GET /", None)


@test
def a_port_that_a_target_opens_later_names_its_service():
	port = free_port()

	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "sonde.yaml")
		with open(path, "w", encoding="ascii") as f:
			f.write("services:\n- port: %d\n  name: by-its-port\n" % port)
		with _late_server(port) as server, \
		     Sonde("--watch.pid=%d" % server.pid, "--config.file=" + path) as sonde:
			server.gate.open()
			equal(int(server.gate.hear()), port, "port")
			until(lambda: exchange(server, GET, len(OK)) and _names(sonde) == "by-its-port",
			      "the name")
			sonde.stop()


def _names(sonde):
	return sonde.spans()[-1]["service"] if sonde.lines else None


class _late_server(Server):
	"""Listens when its gate opens."""

	def __init__(self, port):
		super().__init__(answering(OK), port=port, before=lambda gate: gate.wait())

	def __enter__(self):
		return Subject.__enter__(self)


@contextlib.contextmanager
def _process_with_id(pid):
	"""A process that has this id, which must be free; it execs /bin/sleep."""
	for _ in range(100):
		try:
			with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
				f.write(str(pid - 1))
		except OSError as error:
			raise Skipped("ids cannot be chosen here: %s" % error) from error
		child = os.fork()
		if not child:
			os.execv("/bin/sleep", ["sleep", "1000"])
		if child == pid:
			break
		os.kill(child, signal.SIGKILL)
		os.waitpid(child, 0)
	check(child == pid, "the id was not given again")
	try:
		yield
	finally:
		os.kill(child, signal.SIGKILL)
		os.waitpid(child, 0)


@test
def a_pid_that_is_used_again_is_not_the_one_that_was_meant():
	with Server(answering(OK)) as first, tempfile.TemporaryDirectory() as folder:
		pid, named = first.pid, shutil.copy("/bin/sleep", folder)
		with Sonde("--watch.pid=%d" % pid, "--watch.exe=" + named) as sonde:
			def watched():
				return sonde.metrics().sum("sonde_processes_watched")

			os.kill(pid, signal.SIGKILL)
			first.wait()
			until(lambda: watched() == 0, "the end of the target")
			# Events come in order: when the second is seen, the first was looked at.
			with _process_with_id(pid), running([named, "1000"]):
				until(watched, "the program that is named")
				equal(watched(), 1, "processes that are watched")
			sonde.stop()
