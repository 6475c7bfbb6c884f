# SPDX-License-Identifier: Apache-2.0
"""
hops.py - how each kind of hop is started.

A kind takes a Hop and gives the command; it writes what it needs into the hop's folder. Each hop
listens on its own TCP port, and on hop.socket too where the hop before comes through it.
"""

import dataclasses
import os
import shutil

from lib import Skipped

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
PYTHON = "/usr/bin/python3"


@dataclasses.dataclass
class Hop:
	name: str
	port: int
	folder: str
	next: "Hop" = None
	socket: str = None
	environment: dict = dataclasses.field(default_factory=dict)


def program(name):
	path = name if name.startswith("/") else shutil.which(name)
	if not path or not os.path.exists(path):
		raise Skipped(name + " is not installed")
	return path


def write(hop, name, text):
	path = os.path.join(hop.folder, name)
	with open(path, "w", encoding="ascii") as to:
		to.write(text)
	return path


def ours(name):
	return os.path.join(PROGRAMS, name)


_NGINX = """
daemon off;
worker_processes 2;
error_log stderr error;
pid {folder}/pid;
events {{ worker_connections 2048; }}
http {{
	access_log off;
	keepalive_requests 1000000;
	keepalive_timeout 1h;
	{upstream}
	server {{
		listen 127.0.0.1:{port} backlog=1024;
		{socket}
		location / {{ {location} }}
	}}
}}
"""


def _nginx(hop, location, upstream=""):
	socket = "listen unix:%s;" % hop.socket if hop.socket else ""
	conf = write(hop, "nginx.conf", _NGINX.format(folder=hop.folder, port=hop.port, socket=socket,
						      location=location, upstream=upstream))
	return [program("/usr/sbin/nginx"), "-c", conf]


def nginx_leaf(hop):
	return _nginx(hop, 'return 200 "ok";')


def _address(hop):
	return "unix:" + hop.socket if hop.socket else "127.0.0.1:%d" % hop.port


def nginx_proxy(hop):
	"""A connection upstream for each request, as nginx does by default."""
	return _nginx(hop, "proxy_pass http://next;", "upstream next { server %s; }" % _address(hop.next))


def nginx_proxy_kept(hop):
	return _nginx(hop, 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://next;',
		      "upstream next { server %s; keepalive 64; }" % _address(hop.next))


def python_threads(hop):
	return [program(PYTHON), ours("threads.py"), str(hop.port), str(hop.next.port)]


def python_with_context(hop):
	return [*python_threads(hop), "traceparent"]
