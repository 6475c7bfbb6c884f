# SPDX-License-Identifier: Apache-2.0
"""unspanned.py - where nobody takes spans, the metric tells of calls all the same."""

from lib import Sonde, check, test
from service import Client, service

CALL_S = 0.080  # slow.py takes that long
COUNT = 20
FEW = 4  # of the first it is not known yet that their program calls


def _delay(m, cause):
	return m.sum("sonde_http_server_request_delay_seconds_sum", cause=cause)


@test
def what_a_request_waited_for_downstream_is_in_the_metric_without_spans():
	for kind in ("node", "python", "java"):
		with service(kind) as started, Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			client = Client(started)
			for _ in range(COUNT):
				client.ask("call")
			client.close()
			m = sonde.settled()
			sonde.stop()
		downstream = _delay(m, "downstream")
		check((COUNT - FEW) * CALL_S <= downstream, "%s: downstream %.3f s" % (kind, downstream))
		check(_delay(m, "unattributed") <= FEW * CALL_S + 0.02, "%s: unattributed %.3f s" % (kind, _delay(m, "unattributed")))
