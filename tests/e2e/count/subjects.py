# SPDX-License-Identifier: Apache-2.0
"""
subjects.py - real servers and clients in the languages that people use, each a few lines.

The servers close no idle connection: on a slow machine any may be idle for long.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile

from lib import ROOT, Skipped, end_process, free_port, is_open, running, until

NGINX = """
daemon off;
worker_processes %(workers)d;
error_log stderr error;
pid %(here)s/pid;
worker_rlimit_nofile 4096;
events { worker_connections 2048; }
http {
	access_log off;
	keepalive_requests 1000000;
	keepalive_timeout 1h;
	server {
		listen 127.0.0.1:%(port)d backlog=1024;
		location / { return 200 "ok"; }
	}
}
"""

NODE = """
require('http').createServer({ keepAliveTimeout: 0 }, (request, response) => response.end('ok'))
	.listen({ port: %(port)d, host: '127.0.0.1', backlog: 1024 });
"""

JAVA = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

class Server {
	public static void main(String[] arguments) throws Exception {
		var server = HttpServer.create(new InetSocketAddress("127.0.0.1", %(port)d), 1024);
		server.createContext("/", exchange -> {
			exchange.sendResponseHeaders(200, 2);
			exchange.getResponseBody().write("ok".getBytes());
			exchange.close();
		});
		server.setExecutor(Executors.newFixedThreadPool(8));
		server.start();
	}
}
"""

PYTHON = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
	protocol_version = 'HTTP/1.1'
	disable_nagle_algorithm = True
	def do_GET(self):
		self.send_response(200)
		self.send_header('Content-Length', '2')
		self.end_headers()
		self.wfile.write(b'ok')
	def log_message(self, *arguments):
		pass
class Server(ThreadingHTTPServer):
	request_queue_size = 1024
Server(('127.0.0.1', %(port)d), Handler).serve_forever()
"""

GO = """
package main

import (
	"io"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	http.ListenAndServe("127.0.0.1:%(port)d", nil)
}
"""

NODE_CLIENT = """
const http = require('http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
let left = %(count)d, open = 0;
function next() {
	while (open < 8 && left > 0) {
		left--; open++;
		http.get({ host: '127.0.0.1', port: %(port)d, path: '/', agent }, answer => {
			answer.resume();
			answer.on('end', () => { open--; next(); });
		});
	}
	if (!left && !open) agent.destroy();
}
require('fs').readFileSync(0);
next();
"""

PYTHON_CLIENT = """
import http.client, sys
sys.stdin.read()
for _ in range(8):
	c = http.client.HTTPConnection('127.0.0.1', %(port)d)
	for _ in range(%(count)d // 8):
		c.request('GET', '/')
		assert c.getresponse().read() == b'ok'
	c.close()
"""

GO_CLIENT = """
package main

import (
	"io"
	"net/http"
	"os"
	"sync"
)

func main() {
	var all sync.WaitGroup
	io.ReadAll(os.Stdin)
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 8
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; n < %(count)d/8; n++ {
				answer, err := http.Get("http://127.0.0.1:%(port)d/")
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		}()
	}
	all.Wait()
}
"""


def _write(folder, name, text, **values):
	path = os.path.join(folder, name)
	with open(path, "w", encoding="ascii") as to:
		to.write(text % values)
	return path


def _program(name):
	path = name if name.startswith("/") else shutil.which(name)
	if not path or not os.path.exists(path):
		raise Skipped(name + " is not installed")
	return path


def _go_build(folder, text, **values):
	source = _write(folder, "subject.go", text, **values)
	binary = os.path.join(folder, "subject")
	environment = dict(os.environ, GOFLAGS="-mod=mod", CGO_ENABLED="0",
			   GOCACHE=os.environ.get("GOCACHE", os.path.join(ROOT, "build/go-cache")))
	subprocess.run([_program("go"), "build", "-o", binary, source], check=True, env=environment)
	return binary


def build_ahead():
	"""Fill Go's cache, so that where the machine is slow no more than linking is left."""
	with tempfile.TemporaryDirectory(prefix="sonde-count-") as folder:
		_go_build(folder, GO, port=1)
		_go_build(folder, GO_CLIENT, port=1, count=1)


def _command(kind, folder, **values):
	if kind == "nginx":
		return [_program("/usr/sbin/nginx"), "-c", _write(folder, "nginx.conf", NGINX, here=folder, **values)]
	if kind == "node":
		return [_program("node"), _write(folder, "server.js", NODE, **values)]
	if kind == "java":
		# Its own defaults wait 40 ms for an acknowledgement, and close the 201st idle connection,
		# and any after 30 s.
		return [_program("java"), "-Dsun.net.httpserver.nodelay=true",
			"-Dsun.net.httpserver.maxIdleConnections=1000", "-Dsun.net.httpserver.idleInterval=3600", _write(folder, "Server.java", JAVA, **values)]
	if kind == "python":
		return [_program("/usr/bin/python3"), _write(folder, "server.py", PYTHON, **values)]
	return [_go_build(folder, GO, **values)]


@contextlib.contextmanager
def server(kind, workers=1, name=None):
	"""A running server: its process, with `port`; `name` is what its service is called."""
	with tempfile.TemporaryDirectory(prefix="sonde-count-") as folder:
		os.chmod(folder, 0o755)
		port = free_port()
		named = dict(os.environ, OTEL_SERVICE_NAME=name) if name else None
		with running(_command(kind, folder, port=port, workers=workers), env=named) as process:
			until(lambda: is_open(port), kind + " listens", 30)
			process.port = port
			yield process


_CLIENTS = {
	"node": lambda folder, **v: [_program("node"), _write(folder, "client.js", NODE_CLIENT, **v)],
	"python": lambda folder, **v: [_program("/usr/bin/python3"), _write(folder, "client.py", PYTHON_CLIENT, **v)],
	"go": lambda folder, **v: [_go_build(folder, GO_CLIENT, **v)],
}


@contextlib.contextmanager
def client(kind, port, count):
	"""A process that makes `count` requests once its standard input ends."""
	with tempfile.TemporaryDirectory(prefix="sonde-count-") as folder:
		command = _CLIENTS[kind](folder, port=port, count=count)
		with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
			try:
				yield process
			finally:
				end_process(process)
