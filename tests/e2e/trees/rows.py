# SPDX-License-Identifier: Apache-2.0
"""
rows.py - the table: what a request passes through, and how right its tree must be.

Bars are (wrong at most, right at least in percent) by how many requests are under way at once.
"""

import dataclasses

import hops

NONE_YET = {1: (0, 0), 8: (0, 0), 64: (0, 0)}
ALL = {1: (0, 100), 8: (0, 100), 64: (0, 100)}


@dataclasses.dataclass
class Row:
	name: str
	kinds: tuple  # of the hops, the entry first
	across: dict = dataclasses.field(default_factory=lambda: NONE_YET)
	inside: dict = dataclasses.field(default_factory=lambda: NONE_YET)
	sends_context: bool = False  # the driver sends a traceparent
	by_socket: bool = False  # the last hop is reached through a unix socket
	may_not_call: bool = False  # some requests make no call of their own
	unread: bool = False  # a protocol in it is not read yet: spans may be absent

	def bars(self, kind):
		return {"across": self.across, "inside": self.inside}[kind]


LEAF = hops.nginx_leaf

ROWS = (
	Row("traceparent-python", (hops.python_with_context, LEAF), sends_context=True, across=ALL),
	Row("blocking-python", (hops.python_threads, LEAF)),
	Row("proxy-nginx-nginx", (hops.nginx_proxy, LEAF)),
)
