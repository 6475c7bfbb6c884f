# SPDX-License-Identifier: Apache-2.0
"""limits.py - what is past a limit is left out and counted."""

import os
import subprocess
import sys

from lib import Sonde, equal, test
from reload import COUNT, ask
from subject import OK, Server, answering


@test
def processes_past_their_limit_are_counted_and_the_others_are_seen():
	with Server(answering(OK)) as first, Server(answering(OK)) as second, \
			Sonde("--watch.pid=%d,%d" % (first.pid, second.pid), "--limit.processes=1",
			      console="off") as sonde:
		sonde.until_metric(1, "sonde_process_events_lost_total", cause="limit")
		ask(first, 3)
		ask(second, 3)
		sonde.until_metric(3, COUNT)
		metrics = sonde.settled()
		equal(metrics.sum(COUNT), 3, "requests of one of two")
		equal(metrics.sum("sonde_processes_watched"), 1, "processes")


@test
def attributes_that_a_resource_has_no_room_for_are_counted():
	many = ",".join("k%d=v" % i for i in range(40))
	environment = dict(os.environ, OTEL_RESOURCE_ATTRIBUTES=many)
	with subprocess.Popen([sys.executable, "-c", "input()"], env=environment,
			      stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process, \
			Sonde("--watch.pid=%d" % process.pid, console="off") as sonde:
		sonde.until_metric(28, "sonde_resource_attributes_dropped_total")
		equal(sonde.metrics().sum("sonde_resource_attributes_dropped_total"), 28,
		      "those past the first twelve")
		process.stdin.close()
