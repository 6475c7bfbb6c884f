# SPDX-License-Identifier: Apache-2.0
"""
hops.py - how each kind of hop is started.

A kind takes a Hop and gives the command; it writes what it needs into the hop's folder. Each hop
listens on its own TCP port, and on hop.socket too where the hop before comes through it.
"""

import dataclasses
import os
import shutil

import packages
from packages import PROGRAMS, program

PYTHON = "/usr/bin/python3"


@dataclasses.dataclass
class Hop:
	name: str
	port: int
	folder: str
	next: "Hop" = None
	socket: str = None
	environment: dict = dataclasses.field(default_factory=dict)


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


def nginx_failing_leaf(hop):
	"""Fails where it is asked to."""
	return _nginx(hop, 'if ($uri = /fails) { return 500; } return 200 "ok";')


def _address(hop):
	return "unix:" + hop.socket if hop.socket else "127.0.0.1:%d" % hop.port


def nginx_proxy(hop):
	"""A connection upstream for each request, as nginx does by default."""
	return _nginx(hop, "proxy_pass http://upstream;", "upstream upstream { server %s; }" % _address(hop.next))


def nginx_proxy_kept(hop):
	return _nginx(hop, 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://upstream;',
		      "upstream upstream { server %s; keepalive 64; }" % _address(hop.next))


def nginx_fastcgi(hop):
	return _nginx(hop, "include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME %s; fastcgi_param NEXT %d; fastcgi_pass 127.0.0.1:%d;"
		      % (os.path.join(hop.next.folder, "work.php"), hop.next.next.port, hop.next.port))


_FPM = """
[global]
error_log = /dev/stderr
log_level = error
daemonize = no
[www]
user = nobody
group = nogroup
listen = 127.0.0.1:{port}
listen.backlog = 1024
pm = static
pm.max_children = 8
"""


def php_fpm(hop):
	shutil.copyfile(ours("work.php"), os.path.join(hop.folder, "work.php"))
	conf = write(hop, "fpm.conf", _FPM.format(port=hop.port))
	return [program("/usr/sbin/php-fpm8.2"), "--nodaemonize", "--fpm-config", conf]


_HAPROXY = """
global
	nbthread 2
	maxconn 2000
defaults
	mode http
	timeout client 1m
	timeout server 1m
	timeout connect 5s
frontend entry
	bind 127.0.0.1:{port}
	default_backend upstream
backend upstream
	server next {next}
"""


def haproxy(hop):
	conf = write(hop, "haproxy.cfg", _HAPROXY.format(port=hop.port, next=_address(hop.next).replace("unix:", "unix@")))
	return [program("/usr/sbin/haproxy"), "-db", "-f", conf]


def python_threads(hop):
	return [program(PYTHON), ours("threads.py"), str(hop.port), str(hop.next.port)]


def python_handed(how):
	return lambda hop: [program(PYTHON), ours("handed.py"), str(hop.port), str(hop.next.port), how]


def python_with_context(hop):
	return [*python_threads(hop), "traceparent"]


def gunicorn(hop):
	hop.environment.update(NEXT=str(hop.next.port), PYTHONDONTWRITEBYTECODE="1")
	return [program("/usr/bin/gunicorn"), "--bind", "127.0.0.1:%d" % hop.port, "--workers", "4",
		"--backlog", "1024", "--log-level", "error", "--chdir", PROGRAMS, "wsgi:application"]


def uvicorn(hop):
	hop.environment.update(NEXT=str(hop.next.port), PYTHONDONTWRITEBYTECODE="1")
	return [program("/usr/bin/uvicorn"), "--host", "127.0.0.1", "--port", str(hop.port),
		"--log-level", "error", "--app-dir", PROGRAMS, "asgi:application"]


def ruby(hop):
	return [program("/usr/bin/ruby"), ours("webrick.rb"), str(hop.port), str(hop.next.port)]


# The JDK's own server waits 40 ms for an acknowledgement, and closes the 201st idle connection.
_JAVA = ("-Dsun.net.httpserver.nodelay=true", "-Dsun.net.httpserver.maxIdleConnections=1000")


def java(kind):
	return lambda hop: [program("java"), *_JAVA, ours("Work.java"), str(hop.port), str(hop.next.port), kind]


def netty(hop):
	jars = [program("/usr/share/java/netty-%s.jar" % part) for part in
		("buffer", "codec", "codec-http", "common", "handler", "resolver", "transport")]
	return [program("java"), "-cp", ":".join(jars), ours("Netty.java"), str(hop.port), str(hop.next.port)]


def go(*words, what="work"):
	return lambda hop: [packages.go_program(what), str(hop.port), str(hop.next.port), *words]


def _node(hop, *arguments, before=()):
	hop.environment.setdefault("NODE_PATH", packages.node_modules())
	return [program("node"), *before, *arguments]


def node(api, flavour, before=(), what="work.js"):
	def start(hop):
		if hop.socket:
			hop.environment["SOCKET"] = hop.socket
		after = hop.next.port if hop.next else 0
		return _node(hop, ours(what), str(hop.port), str(after), api, flavour, before=before)
	return start


def node_beside_sdk(api, flavour):
	def start(hop):
		hop.environment.update(OTEL_BSP_SCHEDULE_DELAY="100",
				       OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none",
				       OTEL_NODE_RESOURCE_DETECTORS="none")
		return node(api, flavour, before=("--require", ours("sdk.js")))(hop)
	return start


def nest(hop):
	return _node(hop, ours("nest.js"), str(hop.port), str(hop.next.port))
