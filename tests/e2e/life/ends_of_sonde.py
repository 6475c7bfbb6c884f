# SPDX-License-Identifier: Apache-2.0
"""ends_of_sonde.py - exit statuses, and what is said with each."""

import contextlib
import http.server
import os
import signal
import subprocess
import tempfile
import threading
import time

from lib import DEADLINE_S, SONDE, check, children, end_process, equal, free_port, running, test, until, worker_of
from subject import GET, OK, Server, answering, exchange, watch


def sonde_says(*arguments, environment=None):
	return sonde_says_from([], *arguments, environment=environment)


def sonde_says_from(before, *arguments, environment=None):
	done = subprocess.run([*before, SONDE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
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
def a_second_sonde_touches_nothing_of_the_first():
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "tape")
		with Server(answering(OK)) as server, watch(server, "--tape.record=" + path) as sonde:
			exchange(server, GET, len(OK))
			until(lambda: os.stat(path).st_size > 8, "a record on the tape")
			had = os.stat(path).st_size
			status, text = sonde_says("--watch.pid=%d" % server.pid, "--tape.record=" + path,
						  "--web.listen-address=127.0.0.1:%d" % sonde.port)
			equal(status, 3, "exit status")
			check("pid=%d" % sonde.process.pid in text, text)
			check(os.stat(path).st_size >= had, "the first one's tape was cut")
			sonde.finish(1)


@test
def a_check_is_no_other_sonde():
	"""One that is held with the kernel half loaded does not keep an agent from starting."""
	with running([SONDE, "check"], stdout=subprocess.PIPE) as checking:
		until(lambda: _holds_a_map(checking.pid) or checking.poll() is not None, "its maps")
		checking.send_signal(signal.SIGSTOP)
		try:
			if checking.poll() is None:
				with Server(answering(OK)) as server, watch(server) as sonde:
					exchange(server, GET, len(OK))
					sonde.finish(1)
		finally:
			checking.send_signal(signal.SIGCONT)


def _holds_a_map(pid):
	with contextlib.suppress(OSError):
		for fd in os.listdir("/proc/%d/fd" % pid):
			with open("/proc/%d/fdinfo/%s" % (pid, fd), encoding="ascii") as f:
				# The verdict cells: the map that is found in no other program.
				if "max_entries:\t16384" in f.read():
					return True
	return False


@test
def in_a_pid_namespace_sonde_is_not_its_own_second():
	status, text = sonde_says_from(["unshare", "--pid", "--fork", "--mount-proc"],
				       "--watch.pid=1", "--web.listen-address=nowhere:1")
	check("another sonde" not in text and "cannot listen" in text, text)
	check("not the host's pid namespace" in text, "what it cannot see is said: " + text)
	equal(status, 1, "exit status")


@test
def a_tape_is_a_regular_file():
	with tempfile.TemporaryDirectory() as folder, Server(answering(OK)) as server:
		path = os.path.join(folder, "pipe")
		os.mkfifo(path)
		status, text = sonde_says("--watch.pid=%d" % server.pid, "--tape.record=" + path,
					  "--web.listen-address=127.0.0.1:%d" % free_port())
		equal(status, 2, "exit status")
		check("regular file" in text, text)


@test
def a_configuration_that_does_not_work_is_2_and_one_line_says_why():
	with tempfile.TemporaryDirectory() as folder, Server(answering(OK)) as server:
		os.chmod(folder, 0o755)
		bad = os.path.join(folder, "web.yml")
		with open(bad, "w", encoding="ascii") as f:
			f.write("nonsense: 1\n")
		missing = os.path.join(folder, "missing")
		for options, why in (
				(["--web.config.file=" + bad], "nonsense"),
				(["--otlp.endpoint=https://localhost:1", "--otlp.certificate=" + missing], missing),
				(["--otlp.traces.endpoint=http://"], "http"),
				(["--tape.record=" + os.path.join(missing, "tape")], missing)):
			status, text = sonde_says("--watch.pid=%d" % server.pid, *options,
						  "--web.listen-address=127.0.0.1:%d" % free_port())
			equal(status, 2, "exit status with %s: %s" % (options, text))
			errors = [line for line in text.splitlines() if "level=info" not in line]
			check(len(errors) == 1 and why in errors[0], text)


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


class Receiver:
	"""Takes what OTLP sends, and counts the requests of each path."""

	def __enter__(self):
		received = self.received = []

		class Handler(http.server.BaseHTTPRequestHandler):
			def do_POST(self): # pylint: disable=invalid-name
				self.rfile.read(int(self.headers["Content-Length"]))
				received.append(self.path)
				self.send_response(200)
				self.send_header("Content-Length", "0")
				self.end_headers()

			def log_message(self, *_): # pylint: disable=arguments-differ
				pass

		self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.endpoint = "http://localhost:%d" % self.server.server_port
		threading.Thread(target=self.server.serve_forever, daemon=True).start()
		return self

	def __exit__(self, *_):
		self.server.shutdown()
		self.server.server_close()


def ended_with_all(sent):
	"""As a terminal or systemd does it: all of sonde's processes get the signal."""
	with Receiver() as receiver, Server(answering(OK)) as server, \
	     watch(server, "--otlp.endpoint=" + receiver.endpoint, "--otlp.schedule-delay=1h") as sonde:
		exchange(server, GET, len(OK))
		until(lambda: sonde.lines, "a span")
		equal(receiver.received.count("/v1/traces"), 0, "exports before the signal")
		for pid in (worker_of(sonde), *children(sonde.process.pid), sonde.process.pid):
			os.kill(pid, sent)
		equal(sonde.process.wait(DEADLINE_S), 0, "exit status")
		equal(receiver.received.count("/v1/traces"), 1, "exports at the end")
		check("died" not in sonde.said(), sonde.said())


@test
def sigint_to_the_whole_group_flushes_and_is_0():
	ended_with_all(signal.SIGINT)


@test
def sigterm_to_the_whole_group_flushes_and_is_0():
	ended_with_all(signal.SIGTERM)


def spans_given_up(status, delay_s):
	"""A receiver that answers with `status`, after a while: what is not sent is said."""
	class Handler(http.server.BaseHTTPRequestHandler):
		def do_POST(self): # pylint: disable=invalid-name
			self.rfile.read(int(self.headers["Content-Length"]))
			time.sleep(delay_s)
			with contextlib.suppress(OSError):
				self.send_response(status)
				self.send_header("Content-Length", "0")
				self.end_headers()

		def log_message(self, *_): # pylint: disable=arguments-differ
			pass

	sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	sink.daemon_threads = True
	sink.block_on_close = False
	threading.Thread(target=sink.serve_forever, daemon=True).start()
	with Server(answering(OK)) as server, \
	     watch(server, "--otlp.traces.endpoint=http://127.0.0.1:%d" % sink.server_port,
		   "--otlp.schedule-delay=1h") as sonde:
		exchange(server, GET, len(OK))
		until(lambda: sonde.lines, "a span")
		sonde.stop()
		said = [line for line in sonde.said().splitlines() if "spans not sent: dropped" in line]
		check(len(said) == 1 and "level=warn" in said[0] and "spans=1" in said[0], sonde.said())
	sink.shutdown()
	sink.server_close()


@test
def spans_that_are_refused_at_the_end_are_said():
	spans_given_up(503, 0)


@test
def spans_that_a_slow_receiver_does_not_take_at_the_end_are_said():
	spans_given_up(200, 8)
