# SPDX-License-Identifier: Apache-2.0
"""killed.py - the worker, the monitor or the watched process is gone at once."""

import contextlib
import json
import os
import pwd
import re
import signal
import subprocess
import threading

from lib import DEADLINE_S, Skipped, Sonde, check, children, equal, test, until, worker_of
from subject import GET, OK, Server, answering, equal_span, exchange, watch


def in_kernel():
	"""What is loaded now, as sets of (kind, id)."""
	found = set()
	for kind in ("prog", "map", "link"):
		said = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, check=False)
		if said.returncode:
			raise Skipped("bpftool shows nothing here: " + said.stderr.decode().strip())
		found |= {(kind, one["id"]) for one in json.loads(said.stdout or b"[]")}
	return found


def is_alive(pid):
	"""Not gone, nor a zombie that only its new parent can take away."""
	try:
		with open("/proc/%d/stat" % pid, encoding="ascii") as f:
			return f.read().rpartition(")")[2].split()[0] != "Z"
	except OSError:
		return False


class Load(threading.Thread):
	"""Requests one after another; a failed one ends it."""

	def __init__(self, server):
		super().__init__(daemon=True)
		self.server, self.count, self.wanted, self.error = server, 0, True, None

	def run(self):
		try:
			peer = self.server.connect()
			while self.wanted:
				peer.send(GET)
				peer.take(len(OK))
				self.count += 1
			peer.close()
		except Exception as error: # pylint: disable=broad-except
			self.error = error

	@contextlib.contextmanager
	def going(self):
		self.start()
		until(lambda: self.count > 100 or self.error, "load")
		try:
			yield self
		finally:
			self.wanted = False
			self.join()
		equal(self.error, None, "a client's error")


@test
def a_worker_that_is_killed_is_replaced():
	with Server(answering(OK)) as server, watch(server) as sonde:
		load = Load(server)
		with load.going():
			for restarts in range(1, 4):
				os.kill(worker_of(sonde), signal.SIGKILL)
				until(lambda: _restarts(sonde) == restarts, "a new worker")
				had = load.count
				until(lambda: load.count > had + 100, "load goes on")
		# What waited for the new worker comes at once, and the console drops what it cannot write.
		sonde.settled()
		exchange(server, GET.replace(b"/", b"/last", 1), len(OK))
		until(lambda: any(b"/last" in line for line in sonde.lines), "capture goes on")
		equal(_residuals(sonde), {}, "residuals")
		# A line that a killed worker had half written may stand before its successor's first.
		last = next(line for line in sonde.lines if b"/last" in line)
		equal_span(json.loads(last[last.rindex(b'{"name":'):]), "GET /last", 200)
		sonde.stop()


@test
def an_answer_that_ends_with_its_connection_ends_for_the_next_worker_too():
	def serve(peer, gate):
		if peer.head():
			peer.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
			gate.wait()

	with Server(serve) as server, watch(server) as sonde:
		worker = worker_of(sonde)
		os.kill(worker, signal.SIGSTOP)
		peer = server.connect()
		peer.send(GET)
		peer.take(len(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"))
		os.kill(worker, signal.SIGKILL)
		until(lambda: _restarts(sonde) == 1, "a new worker")
		server.gate.open()
		equal(peer.rest(), b"", "what comes behind")
		sonde.finish(1)


@test
def requests_that_a_full_ring_hid_are_lost_requests():
	"""Each on a connection of its own, whose end no later record tells of."""
	def serve(peer, gate):
		peer.head()
		peer.send(OK[:-2])
		peer.send(OK[-2:])

	asked = 12000
	with Server(serve) as server, \
	     Sonde("--watch.pid=%d" % server.pid, console="off") as sonde:
		worker = worker_of(sonde)
		os.kill(worker, signal.SIGSTOP)
		for _ in range(asked):
			exchange(server, GET, len(OK))
		os.kill(worker, signal.SIGCONT)
		m = sonde.settled()
		seen = m.sum("http_server_request_duration_seconds_count")
		check(m.lost().get(("ring", "full")), "the rings were not full")
		# A question that found room, and its answer and the end none, is open for all one can know.
		here = m.sum("sonde_inside", stage="exchange")
		equal(seen + m.sum("sonde_requests_lost_total") + here, asked, "requests in all")
		sonde.stop()


def _restarts(sonde):
	try:
		return sonde.metrics().sum("sonde_worker_restarts_total")
	except OSError:
		return None


def _residuals(sonde):
	return sonde.settled().residuals()


@contextlib.contextmanager
def no_more_processes(pid):
	"""A process that can fork no more while this holds."""
	group = "/sys/fs/cgroup/pids/sonde-test-%d" % os.getpid()
	try:
		os.mkdir(group)
	except OSError as error:
		raise Skipped("no cgroup of the pids controller: %s" % error) from error
	try:
		with open(group + "/cgroup.procs", "w", encoding="ascii") as f:
			f.write(str(pid))
		with open(group + "/pids.max", "w", encoding="ascii") as f:
			f.write("1")
		yield
	finally:
		with contextlib.suppress(OSError), \
		     open("/sys/fs/cgroup/pids/cgroup.procs", "w", encoding="ascii") as f:
			f.write(str(pid))
		until(lambda: _removed(group), "the end of the cgroup")


def _removed(folder):
	try:
		os.rmdir(folder)
	except FileNotFoundError:
		return True
	except OSError:
		return False
	return True


@test
def a_worker_that_cannot_be_made_is_tried_again():
	with Server(answering(OK)) as server, watch(server) as sonde:
		with no_more_processes(children(sonde.process.pid)[0]):
			os.kill(worker_of(sonde), signal.SIGKILL)
			until(lambda: "no worker could be made" in sonde.said(), "a failed fork")
		until(lambda: _restarts(sonde), "a new worker")
		sonde.stop()


@test
def without_a_worker_sonde_ends_with_1():
	with Server(answering(OK)) as server, watch(server) as sonde:
		with no_more_processes(children(sonde.process.pid)[0]):
			os.kill(worker_of(sonde), signal.SIGKILL)
			equal(sonde.process.wait(DEADLINE_S), 1, "exit status")
		check("the worker cannot be kept running" in sonde.said(), sonde.said())


@test
def the_page_that_is_shared_keeps_its_size():
	with Server(answering(OK)) as server, watch(server) as sonde:
		folder = "/proc/%d/fd/" % worker_of(sonde)
		shared = [fd for fd in os.listdir(folder) if "memfd:sonde" in os.readlink(folder + fd)]
		equal(len(shared), 1, "shared pages")
		with open(folder + shared[0], "rb+") as f:
			try:
				f.truncate(0)
			except PermissionError:
				pass
		exchange(server, GET, len(OK))
		sonde.finish(1)


@test
def the_worker_can_do_nothing():
	with Server(answering(OK)) as server, watch(server) as sonde:
		with open("/proc/%d/status" % worker_of(sonde), encoding="ascii") as f:
			status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", f.read(), re.M))
		equal(len(set(status["Uid"].split() + status["Gid"].split())), 1, "user and group are one")
		try:
			equal(pwd.getpwuid(int(status["Uid"].split()[0])).pw_name, "sonde", "a user")
		except KeyError:
			pass # as it should be where there is no user sonde
		equal(status["Groups"].split(), [], "groups")
		for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
			equal(int(status[key], 16), 0, key)
		equal(status["NoNewPrivs"], "1", "no_new_privs")
		equal(status["Seccomp"], "2", "seccomp")
		sonde.stop()


@test
def a_monitor_that_is_killed_leaves_nothing():
	with Server(answering(OK)) as server:
		before = in_kernel()
		with watch(server) as sonde, Load(server).going() as load:
			spawner = children(sonde.process.pid)
			worker = worker_of(sonde)
			check(in_kernel() - before, "something is loaded while it runs")
			os.kill(sonde.process.pid, signal.SIGKILL)
			sonde.process.wait()
			until(lambda: not any(map(is_alive, [*spawner, worker])),
			      "the end of its processes", 1)
			until(lambda: not in_kernel() - before, "the end of what was loaded", 1)
			had = load.count
			until(lambda: load.count > had + 100, "load goes on")


@test
def an_ended_sonde_leaves_nothing():
	with Server(answering(OK)) as server:
		before = in_kernel()
		with watch(server) as sonde:
			exchange(server, GET, len(OK))
			sonde.finish(1)
		until(lambda: not in_kernel() - before, "the end of what was loaded", 1)


@test
def a_watched_process_may_vanish_at_any_moment():
	with Server(answering(OK)) as first, watch(first, "--watch.exe=python3*") as sonde:
		for number in range(30):
			with Server(answering(OK)) as server:
				peer = server.connect()
				if number % 3:
					peer.send(GET if number % 2 else GET[:9])
				if number % 3 == 2 and number % 2:
					peer.take(len(OK))
				os.kill(server.pid, signal.SIGKILL)
				server.wait()
				peer.close()
		exchange(first, GET.replace(b"/", b"/last", 1), len(OK))
		until(lambda: any(b"/last" in line for line in sonde.lines), "capture goes on")
		equal(_residuals(sonde), {}, "residuals")
		check(not _restarts(sonde), "the worker lives")
		sonde.stop()
