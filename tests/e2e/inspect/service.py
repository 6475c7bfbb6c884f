# SPDX-License-Identifier: Apache-2.0
"""A service and a child of it, on ports of their own.

Says "PORT CHILD_PID CHILD_PORT" on standard output. /fail answers 500, /hold waits
for /release. Maps an OTEL_CTX, as who sends spans of its own does. Ends with its standard input.
"""

import mmap
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/hold":
            released.wait()
        elif self.path == "/release":
            released.set()
        body = b"hello\n"
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def publish():
    fd = os.memfd_create("OTEL_CTX")
    os.ftruncate(fd, mmap.PAGESIZE)
    mapping = mmap.mmap(fd, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    os.close(fd)
    return mapping


context = publish()
read_end, write_end = os.pipe()
child = os.fork()
if not child:
    os.write(write_end, str(serve()).encode())
    os.close(write_end)
    sys.stdin.buffer.raw.read(1)
    os._exit(0)
os.close(write_end)
print(serve(), child, int(os.read(read_end, 16)), flush=True)
sys.stdin.buffer.raw.read(1)
os._exit(0)
