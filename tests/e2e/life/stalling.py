# SPDX-License-Identifier: Apache-2.0
"""stalling.py - targets that keep whoever looks at them waiting, and too many of them at once."""

import contextlib
import ctypes
import errno
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import threading

from lib import DEADLINE_S, Skipped, Sonde, check, equal, running, test, until, worker_of
from subject import GET, OK, Server, Subject, answering, exchange, watch

libc = ctypes.CDLL(None, use_errno=True)
PAGE = os.sysconf("SC_PAGESIZE")
FUSE_LOOKUP, FUSE_GETATTR, FUSE_OPEN, FUSE_READ, FUSE_INIT = 1, 3, 14, 15, 26


def fail(what):
	raise Skipped("%s: %s" % (what, os.strerror(ctypes.get_errno())))


class DeadFiles:
	"""A file system with one file, whose bytes never come; nor does word of any other."""

	def __enter__(self):
		try:
			self.fd = os.open("/dev/fuse", os.O_RDWR)
		except OSError as error:
			raise Skipped("no FUSE here: %s" % error) from error
		self.folder, self.opens = tempfile.mkdtemp(), 0
		options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % self.fd
		if libc.mount(b"test", self.folder.encode(), b"fuse", 0, options.encode()):
			fail("no FUSE here")
		threading.Thread(target=self._serve, daemon=True).start()
		return self

	def _serve(self):
		with contextlib.suppress(OSError):
			while True:
				asked = os.read(self.fd, 1 << 17)
				_, number, unique, node = struct.unpack_from("IIQQ", asked)
				if number == FUSE_INIT:
					self._answer(unique, struct.pack("IIIIHHII", 7, 31, 65536, 1, 8, 4, 4096, 1)
						     + bytes(36))
				elif number == FUSE_GETATTR:
					self._answer(unique, struct.pack("QII", 3600, 0, 0) + self._attributes(node))
				elif number == FUSE_LOOKUP and asked[40:] == b"file\0":
					self._answer(unique, struct.pack("QQQQII", 2, 0, 3600, 3600, 0, 0)
						     + self._attributes(2))
				elif number == FUSE_OPEN: # the first as usual, the second without the page cache
					self._answer(unique, struct.pack("QII", 0, 3 * self.opens, 0))
					self.opens += 1
				elif number not in (FUSE_LOOKUP, FUSE_READ):
					os.write(self.fd, struct.pack("IiQ", 16, -errno.ENOSYS, unique))

	@staticmethod
	def _attributes(node):
		mode = 0o100644 if node == 2 else 0o40755
		return struct.pack("QQQQQQIIIIIIIIII", node, PAGE, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 0, 0)

	def _answer(self, unique, payload):
		os.write(self.fd, struct.pack("IiQ", 16 + len(payload), 0, unique) + payload)

	def end(self):
		"""All who wait are let go."""
		if self.fd >= 0:
			libc.umount2(self.folder.encode(), 1) # MNT_FORCE: the serving thread's read ends as well
			libc.umount2(self.folder.encode(), 2)
			os.close(self.fd)
			os.rmdir(self.folder)
			self.fd = -1

	def __exit__(self, *_):
		self.end()


def memory_kept_back(path):
	"""
	Makes a process whose command line nobody can read: one of its threads waits in mmap(), with
	the lock of its memory held, for a page that is on its way and never comes.
	"""
	def subject(gate):
		first = os.open(path, os.O_RDONLY)
		libc.readahead(first, ctypes.c_long(0), ctypes.c_size_t(PAGE))
		second = os.open(path, os.O_RDONLY)
		threading.Thread(target=libc.mmap, args=(None, PAGE, 1, 2, second, 0), daemon=True).start()
		gate.wait()

	libc.mmap.restype = ctypes.c_void_p
	libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
	return subject


@test
def a_target_that_keeps_its_memory_back_delays_nobody():
	with DeadFiles() as dead, Server(answering(OK)) as other, \
	     Subject(memory_kept_back(dead.folder + "/file")) as stuck:
		try:
			until(lambda: dead.opens == 2, "it opens its file twice")
			until(lambda: _cannot_be_read(stuck.pid), "its memory is locked")
			with Sonde("--watch.pid=%d" % stuck.pid, "--watch.pid=%d" % other.pid) as sonde:
				sonde.until_metric(1, "sonde_process_files_late_total", files="proc")
				exchange(other, GET, len(OK))
				until(lambda: sonde.lines, "a span")
				sonde.finish(1)
		finally:
			dead.end()


def _cannot_be_read(pid):
	with subprocess.Popen(["cat", "/proc/%d/cmdline" % pid], stdout=subprocess.DEVNULL) as reading:
		try:
			reading.wait(0.2)
		except subprocess.TimeoutExpired:
			reading.kill()
			return True
	return False


SCRIPT = """
import os, socket, sys
os.chdir(%r)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
	connection = listener.accept()[0]
	while connection.recv(65536):
		connection.sendall(%r)
"""


@contextlib.contextmanager
def node(folder, goes_to, script="app.js"):
	"""A python that is called node and runs `script`, which is app.js of `folder`, and goes elsewhere."""
	program = shutil.copy(os.path.realpath("/usr/bin/python3"), os.path.join(folder, "node"))
	with open(os.path.join(folder, "app.js"), "w", encoding="ascii") as f:
		f.write(SCRIPT % (goes_to, OK))
	with running([program, script], cwd=folder, stdout=subprocess.PIPE) as process:
		port = int(process.stdout.readline())
		yield Started(process.pid, port)


class Started(Server):
	def __init__(self, pid, port):
		super().__init__(None, port=port)
		self.pid = pid


@test
def a_file_that_cannot_be_opened_delays_nobody():
	with tempfile.TemporaryDirectory() as folder, DeadFiles() as dead, \
	     node(folder, dead.folder) as server:
		with watch(server) as sonde:
			exchange(server, GET, len(OK))
			until(lambda: sonde.lines, "a span")
			sonde.until_metric(1, "sonde_process_files_late_total", files="own")
			sonde.finish(1)


@test
def a_link_of_a_target_is_not_followed():
	with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as secret:
		os.mkdir(os.path.join(secret, "app"))
		for place, name in ((folder, "told"), (secret, "kept")):
			with open(os.path.join(place, "package.json"), "w", encoding="ascii") as f:
				json.dump({"name": name}, f)
		os.chmod(os.path.join(secret, "package.json"), 0o600)
		with node(folder, folder, folder + "/app.js") as server:
			equal(_name_of(server), "told", "service of a file of its own")
			os.unlink(os.path.join(folder, "package.json"))
			os.symlink(os.path.join(secret, "package.json"), os.path.join(folder, "package.json"))
			check(_name_of(server) != "kept", "a link was followed")


def _name_of(server):
	with watch(server) as sonde:
		exchange(server, GET, len(OK))
		return sonde.finish(1)[0]["service"]


def records(path):
	"""Type and payload of each record of a tape."""
	with open(path, "rb") as f:
		tape = f.read()
	at = 8
	while at + 40 <= len(tape):
		kind, _, size = struct.unpack_from("HHI", tape, at)
		if at + size > len(tape):
			break
		yield kind, tape[at + 40:at + size], struct.unpack_from("I", tape, at + 24)[0]
		at += (size + 7) & ~7


def told(path, event):
	return {pid for kind, payload, pid in records(path)
		if kind == 5 and b"event=" + event in payload.split(b"\0")}


@test
def of_six_hundred_targets_none_is_forgotten():
	count = 600
	with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
		program, path = shutil.copy("/bin/sleep", folder), os.path.join(folder, "tape")
		started = [subprocess.Popen([program, "1000"], close_fds=False) for _ in range(count)]
		for one in started:
			ends.callback(one.wait)
			ends.callback(one.kill)
		sonde = Sonde("--watch.exe=" + program, "--tape.record=" + path)
		sonde.command = ["prlimit", "--nofile=256:256", *sonde.command]
		with sonde:
			want = {one.pid for one in started}
			until(lambda: told(path, b"seen") == want, "all are known")
			worker = worker_of(sonde)
			os.kill(worker, signal.SIGSTOP)
			for one in started:
				one.kill()
				one.wait()
			os.kill(worker, signal.SIGCONT)
			until(lambda: told(path, b"exit") == want, "all have ended")
			equal(sonde.metrics().sum("sonde_process_events_lost_total"), 0, "events lost")
			sonde.stop()


@test
def what_is_in_the_rings_at_the_end_is_taken():
	"""More records than a worker reads at a time, while it is held."""
	count = 2000
	with tempfile.TemporaryDirectory() as folder, Server(answering(OK)) as server, \
	     Sonde("--watch.pid=%d" % server.pid, "--tape.record=" + folder + "/tape",
		   console="off") as sonde:
		exchange(server, GET, len(OK))
		sonde.until_metric(1, "http_server_request_duration_seconds_count")
		worker = worker_of(sonde)
		os.kill(worker, signal.SIGSTOP)
		peer = server.connect()
		for _ in range(count):
			peer.send(GET)
			peer.take(len(OK))
		sonde.process.send_signal(signal.SIGTERM)
		until(lambda: not _has_pending(sonde.process.pid), "the signal is taken")
		os.kill(worker, signal.SIGCONT)
		equal(sonde.process.wait(DEADLINE_S), 0, "exit status")
		peer.close()
		taken = sum(payload.count(GET) for _, payload, _ in records(folder + "/tape"))
		equal(taken, 1 + count, "requests on the tape")


def _has_pending(pid):
	with open("/proc/%d/status" % pid, encoding="ascii") as f:
		return any(line.split()[1].strip("0") for line in f if line.startswith("ShdPnd:"))
