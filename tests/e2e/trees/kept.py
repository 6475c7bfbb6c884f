# SPDX-License-Identifier: Apache-2.0
"""kept.py - a trace that the sampler would leave out is kept whole for what failed in it."""

import hops
from graph import BAD, GOOD, curl
from lib import Sonde, equal, test
from measure import chain
from rows import Row


@test
def traces_in_which_something_failed_are_kept_whole():
	row = Row("kept", (hops.nginx_proxy_kept, hops.nginx_proxy_kept, hops.nginx_failing_leaf))
	with chain(row) as (chained, pids, options):
		with Sonde("--watch.pid=" + ",".join(map(str, pids)), *options, "--trace.sampler=parentbased_always_off",
			   "--trace.keep-errors=true") as sonde:
			curl(chained[0].port, "/", GOOD)
			curl(chained[0].port, "/fails", BAD)
			m = sonde.until_metric(BAD * 5, "sonde_console_lines_total", outcome="written")
			m = sonde.until_metric(GOOD * 5, "sonde_spans_unsampled_total")
			sonde.stop()
	equal(m.lost(), {}, "lost")
	equal(m.sum("sonde_spans_unsampled_total"), GOOD * 5, "spans left out")
	equal(m.sum("sonde_trace_kept_late_total"), 0, "spans left out of traces that are kept")
	spans = sonde.spans()
	equal(sorted((s["service"], s["kind"]) for s in spans),
	      sorted([("hop1", "SERVER"), ("hop1", "CLIENT"), ("hop2", "SERVER"), ("hop2", "CLIENT"), ("hop3", "SERVER")] * BAD),
	      "spans kept")
	equal(len({s["trace_id"] for s in spans}), BAD, "traces kept")
