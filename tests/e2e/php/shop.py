# SPDX-License-Identifier: Apache-2.0
"""shop.py - the real php-fpm behind the real nginx, over a unix socket or TCP, and who visits it."""

import contextlib
import glob
import http.client
import os
import socket
import tempfile
import threading

from lib import DEADLINE_S, Skipped, free_port, is_open, running, until

NGINX = """
daemon off;
worker_processes 1;
error_log stderr crit;
pid %(here)s/nginx.pid;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %(here)s/body;
	fastcgi_temp_path %(here)s/answers;
	upstream php {
		server %(address)s;
		%(keep)s
	}
	server {
		listen 127.0.0.1:%(port)d;
		server_name shop;
		location / {
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME %(here)s/index.php;
			fastcgi_keep_conn %(on)s;
			fastcgi_buffering %(buffering)s;
			fastcgi_pass php;
		}
	}
}
"""

FPM = """
[global]
daemonize = no
error_log = /dev/stderr
log_level = warning
[shop]
user = nobody
group = nogroup
listen = %(address)s
listen.mode = 0666
listen.backlog = 256
; a connection that is kept occupies a worker: more of them than visitors
pm = static
pm.max_children = 10
catch_workers_output = no
"""

PHP = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/missing' || $path === '/broken')
	http_response_code($path === '/missing' ? 404 : 500);
if ($path === '/moved')
	header('Location: /ok');
if ($path === '/cookies')
	for ($n = 0; $n < 20; $n++)
		setcookie("cookie$n", str_repeat('c', 60));
if ($path === '/warned')
	error_log('nothing to worry about');
if ($path === '/zeros') {
	echo str_repeat("\\0", 30000);
	flush();
	usleep(300000);
	echo 'x';
}
if ($path === '/large')
	echo str_repeat('x', 100000);
if ($path === '/stuck') {
	echo getmypid(), str_repeat(' ', 20000);
	flush();
	sleep(600);
}
if ($_SERVER['REQUEST_METHOD'] === 'POST')
	echo strlen(file_get_contents('php://input'));
echo 'ok';
"""


class Site:
	"""Who answers: `fpm`, and who asks it: `nginx`, both processes; it listens on `port`."""

	def __init__(self, here, unix, keep, buffering):
		self.here = here
		self.port = free_port()
		self.fpm_port = 0 if unix else free_port()
		self.socket = os.path.join(here, "php.sock")
		address = self.socket if unix else "127.0.0.1:%d" % self.fpm_port
		self._write("nginx.conf", NGINX % {
			"here": here, "port": self.port, "on": "on" if keep else "off",
			"buffering": "on" if buffering else "off", "keep": "keepalive 8;" if keep else "",
			"address": "unix:" + address if unix else address})
		self._write("fpm.conf", FPM % {"address": address})
		self._write("index.php", PHP)

	def _write(self, name, text):
		with open(os.path.join(self.here, name), "w", encoding="ascii") as to:
			to.write(text)

	def fpm_listens(self):
		if self.fpm_port:
			return is_open(self.fpm_port)
		with socket.socket(socket.AF_UNIX) as s:
			return s.connect_ex(self.socket) == 0

	def connect(self):
		return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

	def ask(self, target="/ok", method="GET", body=None, **headers):
		"""Status and body of one answer, over a connection of its own."""
		connection = self.connect()
		connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
		answer = connection.getresponse()
		said = answer.status, answer.read()
		connection.close()
		return said

	def visit(self, asked, visitors=8):
		"""Ask each of (method, target, body) and check each status, by a few visitors at once."""
		wrong = []

		def one(mine):
			connection = self.connect()
			try:
				for method, target, body, status in mine:
					connection.request(method, target, body)
					answer = connection.getresponse()
					answer.read()
					if answer.status != status:
						wrong.append((method, target, answer.status))
			except (OSError, http.client.HTTPException) as error:
				wrong.append(error)
			connection.close()

		threads = [threading.Thread(target=one, args=(asked[n::visitors],)) for n in range(visitors)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		return wrong


def _fpm():
	found = sorted(glob.glob("/usr/sbin/php-fpm*"))
	if not found or not os.path.exists("/usr/sbin/nginx"):
		raise Skipped("php-fpm or nginx is not installed")
	return found[-1]


@contextlib.contextmanager
def site(unix=False, keep=False, buffering=True):
	fpm = _fpm()
	with tempfile.TemporaryDirectory(prefix="sonde-php-") as here:
		os.chmod(here, 0o755)
		made = Site(here, unix, keep, buffering)
		with running([fpm, "--nodaemonize", "--fpm-config", here + "/fpm.conf", "--allow-to-run-as-root"],
			     stderr=open(here + "/fpm.log", "w")) as made.fpm:
			until(made.fpm_listens, "php-fpm listens")
			with running(["/usr/sbin/nginx", "-c", here + "/nginx.conf"]) as made.nginx:
				until(lambda: is_open(made.port), "nginx listens")
				yield made
