# SPDX-License-Identifier: Apache-2.0
"""usage.py - wrong commands, arguments, options and files: exit 2, the place, what was meant."""

import subprocess

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
def help_is_had_of_every_command():
	for command in ("run", "check", "explain", "top", "replay", "config"):
		status, output, error = said(command, "--help")
		equal((status, error), (0, ""), command)
		check(command in output, output)
