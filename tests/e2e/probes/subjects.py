# SPDX-License-Identifier: Apache-2.0
"""
subjects.py - programs to be probed, each a private copy: a probe is in the text of a file, and so in
every process of this machine that runs it.
"""

import contextlib
import os
import shutil
import struct
import subprocess
import tempfile

from lib import check, children, end_process, until

HERE = os.path.dirname(os.path.abspath(__file__))

RECORD = struct.Struct("<HHIQQIIQ")  # struct record
PAUSE = struct.Struct("<QIHHQ32s")  # what struct record_pause adds
RECORD_PROCESS, RECORD_PAUSE = 5, 7


def build(folder, name="subject", *options):
	path = os.path.join(folder, name)
	subprocess.run(["gcc", "-O2", "-rdynamic", *options, "-o", path,
			os.path.join(HERE, "subject.c")], check=True)
	return path


@contextlib.contextmanager
def folder():
	path = tempfile.mkdtemp(prefix="sonde-probes-")
	os.chmod(path, 0o755)  # the worker, and programs of others
	try:
		yield path
	finally:
		shutil.rmtree(path)


class Subject:
	"""A running subject.c that does as it is told."""

	def __init__(self, path, how="callbacks"):
		self.process = subprocess.Popen([path, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
						text=True, bufsize=1)
		self.pid = self.process.pid
		self.path = path
		check(self.hear() == "ready", "the subject is ready")

	def __enter__(self):
		return self

	def __exit__(self, *error):
		end_process(self.process)
		self.process.stdin.close()
		self.process.stdout.close()

	def hear(self):
		return self.process.stdout.readline().strip()

	def say(self, command):
		self.process.stdin.write(command + "\n")

	def ask(self, command):
		self.say(command)
		return self.hear()

	def pauses(self, count, us=0):
		check(self.ask("pause %d %d" % (count, us)) == "done", "the subject paused")


class Pause:
	def __init__(self, pid, at_ns, fields):
		self.pid, self.at_ns = pid, at_ns
		self.began_ns, self.thread, self.runtime, self.kind, self.detail, text = fields
		self.text = text.split(b"\0")[0].decode()


def tape_pauses(path):
	"""The pauses on a tape, of a sonde that has ended."""
	with open(path, "rb") as f:
		tape = f.read()
	found, at = [], 8
	while at < len(tape):
		kind, _, size, at_ns, _, pid, _, _ = RECORD.unpack_from(tape, at)
		if kind == RECORD_PAUSE:
			found.append(Pause(pid, at_ns, PAUSE.unpack_from(tape, at + RECORD.size)))
		at += (size + 7) & ~7
	return found


def text_of(pid, path):
	"""The executable mapping of a file as the process has it in memory, and as it is in the file."""
	with open("/proc/%d/maps" % pid, encoding="utf-8") as maps:
		for line in maps:
			words = line.split()
			if len(words) > 5 and words[1] == "r-xp" and words[5] == path:
				start, end = (int(word, 16) for word in words[0].split("-"))
				offset = int(words[2], 16)
				break
	with open("/proc/%d/mem" % pid, "rb") as memory:
		memory.seek(start)
		there = memory.read(end - start)
	with open(path, "rb") as file:
		file.seek(offset)
		return there, file.read(end - start)


def breakpoints(pid, path):
	"""How many bytes of its text are not the file's; what is past its end is zeros."""
	there, file = text_of(pid, path)
	return sum(a != b for a, b in zip(there, file))


def probes(sonde, state="attached"):
	return sonde.metrics().sum("sonde_probes", state=state)


def refused(sonde, reason):
	return sonde.metrics().sum("sonde_probe_refusals_total", reason=reason)


def until_probes(sonde, count, state="attached"):
	until(lambda: probes(sonde, state) == count, "%d probes %s" % (count, state))


def hooks(sonde):
	"""{(hook, flavour, reason)} of runtimes: their names have a dash in the middle."""
	return {(has["hook"], has["flavour"], has.get("reason", ""))
		for name, has, _ in sonde.metrics().samples
		if name == "sonde_hook_info" and has["hook"].split("-")[0] in ("nodejs", "cpython")}


def explain(sonde, pid):
	return subprocess.run([sonde.command[0], "explain", str(pid)], capture_output=True, text=True,
			      check=True).stdout


def processes_of(sonde):
	"""The monitor, the spawner and the worker."""
	found = [sonde.process.pid]
	for pid in found:
		found += children(pid)
	return found
