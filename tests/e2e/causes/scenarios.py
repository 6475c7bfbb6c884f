# SPDX-License-Identifier: Apache-2.0
"""
scenarios.py - what is made to happen to requests, and to which cause the time belongs.

One more is a line in SCENARIOS.
"""

import contextlib
import os
from typing import NamedTuple

from lib import Sonde, check, equal, running, until
from judge import CAUSES, disagreement, judge, named
from quota import quota
from service import Client, service

WARM = 3
QUOTA_US = 25_000
# Labels of sonde_pause_seconds, by what the services are called here.
RUNTIMES = {"node": "nodejs", "python": "cpython", "java": "jvm"}


class Scenario(NamedTuple):
	"""`causes`: those that it is made for. `behind`: requests that wait behind another one, and are judged."""
	name: str
	service: str
	path: str
	causes: tuple
	behind: int = 0
	hog: bool = False
	quota: bool = False
	count: int = 10


def _each(what, services, path, causes, **options):
	return [Scenario("%s, %s" % (what, kind), kind, path, causes, **options) for kind in services]


ALL = ("node", "python", "java")
SCENARIOS = [
	*_each("a callback that spins", ["node"], "spin", ("loop_wait",), behind=4, count=5),
	*_each("work", ALL, "spin", ("on_cpu",)),
	*_each("a full collection", ALL, "collect", ("gc",)),
	*_each("a hog on its CPU", ALL, "spin", ("cpu_wait", "on_cpu"), hog=True),
	*_each("a quota", ALL, "spin", ("throttle",), quota=True, count=6),
	# Node's thread sleeps for V8's helpers, which the quota holds back: why, nobody can tell.
	*_each("a quota and a collection", ["python"], "collect-spin", ("throttle", "gc"), quota=True, count=6),
	*_each("a slow downstream", ALL, "call", ("downstream",)),
	*_each("downstream, then a collection", ALL, "call-collect", ("downstream", "gc")),
	*_each("a collection while downstream", ["node"], "during", ("downstream", "gc")),
	*_each("downstream, and a hog", ALL, "call-spin", ("downstream", "cpu_wait", "on_cpu"), hog=True),
	*_each("a callback that collects and spins", ["node"], "collect-spin", ("loop_wait", "gc"), behind=4, count=5),
]


def pin(pid):
	"""All threads of a process, and those to come, on one CPU."""
	cpu = min(os.sched_getaffinity(0))
	for thread in os.listdir("/proc/%d/task" % pid):
		with contextlib.suppress(ProcessLookupError):
			os.sched_setaffinity(int(thread), {cpu})
	return cpu


@contextlib.contextmanager
def hog(cpu):
	"""Another process that uses all of a CPU that it gets, for a minute at most."""
	with running(["timeout", "60", "taskset", "-c", str(cpu), "sh", "-c", "while :; do :; done"]) as process:
		yield process


def requests_of(scenario, client):
	if not scenario.behind:
		return [client.ask(scenario.path) for _ in range(scenario.count)]
	groups = [client.ask_behind(scenario.path, scenario.behind) for _ in range(scenario.count)]
	return [request for group in groups for request in group[1:]]


def warm(scenario, client):
	for _ in range(WARM):
		if scenario.behind:
			client.ask_behind(scenario.path, scenario.behind)
		else:
			client.ask(scenario.path)


def check_metric(m, spans):
	"""By cause the metric has as much as all spans together."""
	for cause in CAUSES:
		have = m.sum("sonde_http_server_request_delay_seconds_sum", cause=cause)
		want = sum(named(span)[cause] for span in spans) / 1e9
		check(abs(have - want) < 1e-6 * len(spans) + 1e-6 * want, "%s of the metric: %.6f s, of spans %.6f" % (cause, have, want))


def until_attached(sonde, kind):
	"""The runtime's collections are seen."""
	hook = RUNTIMES[kind] + "-gc"
	until(lambda: any(name == "sonde_hook_info" and has["hook"] == hook and has["flavour"] != "none"
			  for name, has, _ in sonde.metrics().samples), hook)


def prepare(scenario, started, client, stack):
	"""What keeps requests besides what they do themselves, for as long as the stack is open."""
	if scenario.hog:
		stack.enter_context(hog(pin(started.pid)))
	if scenario.quota:
		pin(started.pid)
		group = stack.enter_context(quota(started.pid, QUOTA_US))
		os.symlink(os.path.join(group.folder, "cpu.stat"), started.cpu_stat)
		client.throttled = group.throttled_ns


def measure(scenario):
	"""The judge's rows."""
	with contextlib.ExitStack() as stack:
		started = stack.enter_context(service(scenario.service))
		sonde = stack.enter_context(Sonde("--watch.pid=%d" % started.pid))
		if "gc" in scenario.causes:
			until_attached(sonde, scenario.service)
		client = Client(started)
		stack.callback(client.close)
		warm(scenario, client)
		prepare(scenario, started, client, stack)
		requests = requests_of(scenario, client)
		spans = sonde.finish(client.spans)
		return rows_of(scenario, requests, spans, started, sonde.last)


def rows_of(scenario, requests, spans, started, metrics):
	servers = {span["attributes"]["url.path"].rsplit("/", 1)[1]: span for span in spans if span["kind"] == "SERVER"}
	for span in servers.values():
		equal(disagreement(span), "", "what is wrong with " + span["name"])
	check_metric(metrics, servers.values())
	mine = [servers[str(request.id)] for request in requests]
	return list(judge(scenario.causes, requests, mine, started.collections))
