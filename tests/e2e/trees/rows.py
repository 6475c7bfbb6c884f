# SPDX-License-Identifier: Apache-2.0
"""
rows.py - the table: what a request passes through, and how right its tree must be.

Bars are (wrong at most, right at least in percent) by how many requests are under way at once.
"""

import dataclasses
import math
import typing

import beside
import hops

NONE_YET = {1: (0, 0), 8: (0, 0), 64: (0, 0)}
ALL = {1: (0, 100), 8: (0, 100), 64: (0, 100)}
HALF = {1: (0, 50), 8: (0, 50), 64: (0, 50)}
NEARLY = {1: (0, 95), 8: (0, 95), 64: (0, 95)}
ANY = {1: (math.inf, 0), 8: (math.inf, 0), 64: (math.inf, 0)}


@dataclasses.dataclass
class Row:
	name: str
	kinds: tuple  # of the hops, the entry first
	across: dict = dataclasses.field(default_factory=lambda: ALL)
	inside: dict = dataclasses.field(default_factory=lambda: NONE_YET)
	root: dict = dataclasses.field(default_factory=lambda: ALL)
	beside: typing.Callable = beside.nothing
	sends_context: bool = False  # the driver sends a traceparent
	by_socket: bool = False  # the last hop is reached through a unix socket
	may_not_call: bool = False  # some requests make no call of their own
	unread: bool = False  # a protocol in it is not read yet: spans may be absent
	has_sdk: bool = False  # its hops send spans of their own

	def bars(self, kind):
		return getattr(self, kind)


LEAF = hops.nginx_leaf
NODE_LEAF = hops.node("http", "leaf")


def loop(api, flavour, **more):
	return Row("node-%s-%s" % (api, flavour), (hops.node(api, flavour), LEAF), **more)


def loops(api):
	return (
		loop(api, "direct", inside=NEARLY),
		loop(api, "promises", inside=NEARLY),
		loop(api, "timer"),
		loop(api, "immediate"),
		loop(api, "postgres", beside=beside.postgres, inside=NEARLY),
		loop(api, "background", inside=NEARLY),
		loop(api, "shared", may_not_call=True),
		loop(api, "limiter"),
		loop(api, "late"),
	)


def goroutines(how, what="apart", **more):
	return Row("go-" + how, (hops.go(how, what=what), LEAF), **more)


def sdk(name, api, **more):
	return Row("sdk-node-" + name, (hops.node_beside_sdk(api, "direct"), hops.node_beside_sdk("http", "leaf")),
		   beside=beside.collector, has_sdk=True, **more)


ROWS = (
	# Programs that pass traceparent on.
	Row("traceparent-python", (hops.python_with_context, LEAF), sends_context=True, across=ALL),
	# The proxy passes the driver's on as it came, and a header wins over what is known of it.
	Row("traceparent-nginx-nginx", (hops.nginx_proxy_kept, LEAF), sends_context=True, across=ANY, inside=ANY, root=ANY),
	# Blocking servers.
	Row("blocking-python", (hops.python_threads, LEAF), inside=ALL),
	Row("blocking-gunicorn", (hops.gunicorn, LEAF), inside=ALL),
	Row("blocking-java", (hops.java("threads"), LEAF), inside=ALL),
	Row("blocking-ruby", (hops.ruby, LEAF), inside=ALL),
	Row("blocking-php", (hops.nginx_fastcgi, hops.php_fpm, LEAF), inside=ALL),
	# Connections that another process accepted or opened.
	Row("handed-by-fork", (hops.python_handed("forks"), LEAF), inside=ALL),
	Row("handed-by-socket", (hops.python_handed("passes"), LEAF), inside=ALL),
	Row("handed-node-cluster", (hops.node("http", "direct", what="cluster.js"), LEAF), inside=NEARLY),
	# Proxies.
	Row("proxy-nginx-nginx", (hops.nginx_proxy, LEAF), inside=NEARLY),
	Row("proxy-nginx-nginx-kept", (hops.nginx_proxy_kept, LEAF), inside=NEARLY),
	Row("proxy-nginx-nginx-socket", (hops.nginx_proxy_kept, LEAF), by_socket=True, inside=NEARLY),
	Row("proxy-haproxy-nginx", (hops.haproxy, LEAF)),
	Row("proxy-haproxy-nginx-socket", (hops.haproxy, LEAF), by_socket=True),
	Row("proxy-nginx-node", (hops.nginx_proxy_kept, NODE_LEAF), inside=NEARLY),
	Row("proxy-nginx-node-socket", (hops.nginx_proxy_kept, NODE_LEAF), by_socket=True, inside=NEARLY),
	Row("proxy-nginx-node-nginx", (hops.nginx_proxy_kept, hops.node("http", "direct"), LEAF), inside=NEARLY),
	# Event loops.
	*loops("http"),
	*loops("fetch"),
	Row("nest-fetch", (hops.nest, LEAF)),
	Row("netty", (hops.netty, LEAF)),
	Row("uvicorn-httpx", (hops.uvicorn, LEAF)),
	# Pools, and goroutines.
	Row("java-pool", (hops.java("pool"), LEAF), inside=NEARLY),
	Row("java-future", (hops.java("future"), LEAF)),
	goroutines("direct", what="work", inside=NEARLY),
	goroutines("sleep", what="work", inside=NEARLY),
	goroutines("proxy", inside=NEARLY),
	goroutines("limited", inside=NEARLY),
	goroutines("background", inside=NEARLY),
	goroutines("shared", may_not_call=True),
	goroutines("spawned"),
	goroutines("pool"),
	# Beside an SDK that sends its own spans; its edges are spans that are in the SDK's trace.
	# Of the spans of the servers half are at the entry, where there is no header.
	sdk("http", "http", across=HALF, inside=ALL),
	sdk("fetch", "fetch", across=HALF, inside=ALL),
	sdk("http-traceparent", "http", sends_context=True, across=ALL, inside=ALL),
)
