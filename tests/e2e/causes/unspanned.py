# SPDX-License-Identifier: Apache-2.0
"""unspanned.py - where nobody takes spans, the metric tells of calls all the same."""

from lib import Sonde, check, test
from service import Client, service

COUNT = 20
FEW = 4  # of the first it is not known yet that their program calls


def _delay(m, cause):
	return m.sum("sonde_http_server_request_delay_seconds_sum", cause=cause)


def _slept_s(requests):
	"""In their calls, as the service says."""
	return sum(ended - began - cpu - waited for r in requests for began, ended, cpu, waited in r.line["call"]) / 1e9


@test
def what_a_request_waited_for_downstream_is_in_the_metric_without_spans():
	for kind in ("node", "python", "java"):
		with service(kind) as started, Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			client = Client(started)
			requests = [client.ask("call") for _ in range(COUNT)]
			client.close()
			m = sonde.settled()
			sonde.stop()
		first, rest = _slept_s(requests[:FEW]), _slept_s(requests[FEW:])
		downstream, unattributed = _delay(m, "downstream"), _delay(m, "unattributed")
		told = "%s: downstream %.3f s, unattributed %.3f, of calls of %.3f and %.3f" % (
			kind, downstream, unattributed, first, rest)
		check(0.97 * rest <= downstream <= first + rest, told)
		check(unattributed <= first + 0.03 * rest + 0.02, told)
