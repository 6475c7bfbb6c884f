# SPDX-License-Identifier: Apache-2.0
"""packages.py - what the programs need and no Debian package has: npm's, and the Go programs built."""

import filecmp
import os
import shutil
import subprocess

from lib import ROOT, Skipped

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
BUILD = os.path.join(ROOT, "build/tests/trees")


def program(name):
	"""Where it is; a row whose program is not there is skipped."""
	path = name if name.startswith("/") else shutil.which(name)
	if not path or not os.path.exists(path):
		raise Skipped(name + " is not installed")
	return path


def node_modules():
	"""A folder with programs/package.json's dependencies, installed once."""
	folder = os.path.join(BUILD, "npm")
	wanted, have = os.path.join(PROGRAMS, "package.json"), os.path.join(folder, "installed.json")
	if not os.path.exists(have) or not filecmp.cmp(wanted, have, shallow=False):
		os.makedirs(folder, exist_ok=True)
		shutil.copy(wanted, os.path.join(folder, "package.json"))
		got = subprocess.run([program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts",
				      "--loglevel=error"], cwd=folder, capture_output=True, text=True, check=False)
		if got.returncode:
			raise Skipped("npm's packages cannot be had: " + got.stderr.strip()[-300:])
		shutil.copy(wanted, have)
	return os.path.join(folder, "node_modules")


def go_program(name):
	"""The path of NAME.go's binary."""
	binary = os.path.join(BUILD, name + "-go")
	os.makedirs(BUILD, exist_ok=True)
	environment = dict(os.environ, CGO_ENABLED="0",
			   GOCACHE=os.environ.get("GOCACHE", os.path.join(ROOT, "build/go-cache")))
	subprocess.run([program("go"), "build", "-o", binary, name + ".go"], check=True, cwd=PROGRAMS, env=environment)
	return binary
