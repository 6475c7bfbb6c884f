# SPDX-License-Identifier: Apache-2.0
"""usage.py - wrong commands, arguments, options and files: exit 2, the place, what was meant."""

import subprocess
import tempfile

from lib import SONDE, check, equal, test

# The command line, and what standard error must say.
MISTYPED = (
	("chek", "unknown command chek; did you mean check?"),
	("qwertyuiop", "known: run, check, explain, top, replay, config"),
	("--hlep", "did you mean --help?"),
	("config chek", "did you mean check?"),
	("config", "check, print or schema"),
	("check --jsn", "did you mean --json?"),
	("check --json --jsno", "did you mean --json?"),
	("top --onc", "did you mean --once?"),
	("top --interval", "did you mean --interval=1s?"),
	("top --once \x1b[31m", "unknown argument ?[31m; known: --once"),
	("explain 1 --jsn", "did you mean --json?"),
	("explain 1 --watch.prt=80", "did you mean --watch.port?"),
	("run --worker.user=-1", '--worker.user: "-1" is not a user by name or number: '
	 "this host has no such user"),
	("config check --worker.user=0", "the worker is never root"),
	("config check --worker.user=4294967295", "the worker is never root"),
	("config check --worker.user=nosuchuser", "this host has no such user"),
	("run --worker.user=", '--worker.user: "" is not a user'),
	("run --wach.port=80", "did you mean --watch.port?"),
)


def said(*arguments):
	done = subprocess.run([SONDE, *arguments], capture_output=True, text=True, timeout=60)
	return done.returncode, done.stdout, done.stderr


@test
def what_is_mistyped_ends_with_2_and_what_was_meant():
	for line, want in MISTYPED:
		status, output, error = said(*line.split(" "))
		equal(status, 2, line)
		equal(output, "", line)
		check(want in error, "%s: %r is not in %r" % (line, want, error))


@test
def help_is_had_behind_other_arguments():
	for line in ("config print --help", "explain 1 --help", "replay tape --help", "check --json --help",
		     "top --once --help", "run --watch.all --help"):
		status, output, error = said(*line.split(" "))
		equal((status, error), (0, ""), line)
		check(line.split(" ", maxsplit=1)[0] in output, output)


@test
def help_says_what_the_numbers_and_the_exit_mean():
	for command, want in (("check", "3 sonde cannot run"), ("top", "ended within interval_s"),
			      ("replay", "Without --console.format it prints the metrics")):
		check(want in said(command, "--help")[1], command)


@test
def the_version_names_every_protocol_and_exporter():
	output = said("--version")[1]
	check("protocols: http/1.0 http/1.1 fastcgi\n" in output, output)
	check("exporters: prometheus otlp console\n" in output, output)


@test
def a_good_configuration_is_said_to_be_one():
	equal(said("config", "check"), (0, "ok\n", ""), "no file")
	with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
		equal(said("config", "check", "--config.file=" + file.name), (0, file.name + ": ok\n", ""), "a file")


@test
def a_ratio_that_changes_nothing_is_told_once():
	for options in (("--trace.ratio=0.1",), ("--trace.ratio=0.1", "--trace.sampler=always_on")):
		status, _, error = said("config", "check", *options)
		equal((status, error.count("trace.ratio changes nothing")), (0, 1), options)
		status, _, error = said("run", *options)
		equal((status, error.count("trace.ratio changes nothing")), (2, 1), options)
	for options in ((), ("--trace.ratio=0.1", "--trace.sampler=traceidratio"),
			("--trace.ratio=0.1", "--trace.sampler=parentbased_traceidratio")):
		equal(said("config", "check", *options)[2], "", options)


@test
def help_is_had_of_every_command():
	for command in ("run", "check", "explain", "top", "replay", "config"):
		status, output, error = said(command, "--help")
		equal((status, error), (0, ""), command)
		check(command in output, output)
