# SPDX-License-Identifier: Apache-2.0
"""What the measures share: subjects, load, sonde itself, and the row that each prints.

Every process is started here and ended by its id, whatever happens. One sonde runs on a host:
a lock is held while ours does.
"""

import argparse
import atexit
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "../.."))
SONDE = os.path.join(ROOT, "build/sonde")
LOCK = os.path.join(os.environ.get("TMPDIR", "/tmp"), "sonde-e2e.lock")
DEADLINE_S = 60
NS_PER_INSTRUCTION = 4  # tools/guest/run --icount

temp = tempfile.mkdtemp(prefix="sonde-bench.")
os.chmod(temp, 0o755)
running = []


def clean_up():
    for process in reversed(running):
        end(process)  # not at once for good: nginx ends its workers
    shutil.rmtree(temp, ignore_errors=True)


atexit.register(clean_up)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def parse(description, *more):
    """The options of a measure: --quick takes a tenth of the time; `more` are (name, kwargs)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time")
    for name, kwargs in more:
        parser.add_argument(name, **kwargs)
    return parser.parse_args()


def row(what, bar, base, measured, command=None):
    """One line of the table; `tools/bench/all` reads them as JSON."""
    cells = [str(c) for c in (what, bar, base, measured)]
    cells.append(command or os.path.relpath(sys.argv[0], ROOT))
    if os.environ.get("BENCH_ROWS"):
        with open(os.environ["BENCH_ROWS"], "a", encoding="utf-8") as rows:
            print(json.dumps(cells), file=rows)
    print(f"{cells[0]}: {cells[3]} (bar {cells[1]}; base {cells[2]})", flush=True)


def start(command, **kwargs):
    process = subprocess.Popen(command, **kwargs)
    running.append(process)
    return process


def end(process, how=signal.SIGTERM):
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process in running:
        running.remove(process)


def until(condition, what):
    """Poll; the deadline is only met when something is wrong."""
    deadline = time.monotonic() + DEADLINE_S
    while not (result := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"bench: gave up waiting for {what}")
        time.sleep(0.005)
    return result


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def nginx(workers=1, connections=1024, fields=""):
    """nginx with `return 200`; `fields` are directives for its answers. Gives process and port."""
    port = free_port()
    home = tempfile.mkdtemp(dir=temp)
    os.chmod(home, 0o755)
    places = "\n".join(f"{kind}_temp_path {home}/{kind};" for kind in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{home}/nginx.conf", "w", encoding="utf-8") as conf:
        conf.write(f"""worker_processes {workers}; daemon off; pid {home}/pid;
error_log {home}/errors; worker_rlimit_nofile {connections + 64};
events {{ worker_connections {connections}; }}
http {{ access_log off; keepalive_requests 1000000000; {places}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {fields} return 200 "hello\\n"; }} }} }}
""")
    process = start(["nginx", "-p", home, "-c", f"{home}/nginx.conf"], stderr=subprocess.DEVNULL)
    until(lambda: process.poll() is not None or listens(port), "nginx")
    if process.poll() is not None:
        sys.exit("bench: nginx did not start")
    return process, port


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def cpu_ns(pid):
    """Time on the CPU, by the scheduler's own count."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0])


def lock():
    """The right to run sonde on this host, until what it gives is closed."""
    file = open(LOCK, "a", encoding="ascii")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


class Sonde:
    """A running agent: its three processes and what it says."""

    def __init__(self, *options, stdout=subprocess.DEVNULL):
        self.lock = lock()
        self.port = free_port()
        self.log = os.path.join(temp, "sonde.log")
        until(lambda: self.begin(options, stdout), "the sonde that runs on this host to end")
        self.monitor = self.process.pid
        self.spawner = children(self.monitor)[0]
        self.worker = children(self.spawner)[0]
        self.pids = (self.monitor, self.spawner, self.worker)

    def begin(self, options, stdout):
        """Start it; false while another runs, which may be nobody's that knows of the lock."""
        with open(self.log, "w", encoding="utf-8") as log:
            self.started = time.monotonic()
            self.process = start([SONDE, f"--web.listen-address=127.0.0.1:{self.port}", *options],
                                 stdout=stdout, stderr=log)
        until(lambda: self.process.poll() is not None or "watching" in self.said(), "sonde")
        if self.process.poll() is None:
            return True
        end(self.process)
        if "another sonde" not in self.said():
            sys.exit(f"bench: sonde ended: {self.said()}")
        time.sleep(0.2)
        return False

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def metrics(self):
        """{name: {labels: value}} of one scrape."""
        url = f"http://127.0.0.1:{self.port}/metrics"
        result = {}
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
            for line in answer.read().decode().splitlines():
                found = re.match(r"([a-z_][a-z0-9_]*)(\{.*\})? (\S+)$", line)
                if found:
                    result.setdefault(found[1], {})[found[2] or ""] = float(found[3])
        return result

    def settled(self):
        """Metrics once nothing moves any more: two seconds after the load."""
        time.sleep(2)
        return self.metrics()

    def end(self, how=signal.SIGTERM):
        end(self.process, how)
        self.lock.close()


def total(metrics, name):
    return sum(metrics.get(name, {}).values())


def counted(metrics, status="200"):
    """Requests that servers answered with `status`."""
    return sum(value for labels, value in
               metrics.get("http_server_request_duration_seconds_count", {}).items()
               if f'http_response_status_code="{status}"' in labels)


def residuals(metrics):
    """in - out - lost - inside of each stage."""
    stages = {}
    for sign, name in ((1, "in_total"), (-1, "out_total"), (-1, "lost_total"), (-1, "inside")):
        for labels, value in metrics["sonde_" + name].items():
            stage = re.search(r'stage="(\w+)"', labels)[1]
            stages[stage] = stages.get(stage, 0) + sign * int(value)
    return stages


def requests_of(said):
    """What h2load says at its end: {requests, done, succeeded, failed, errored, per_second}."""
    counts = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, "
                       r"(\d+) failed, (\d+) errored", said)
    per_second = re.search(r"finished in \S+, ([\d.]+) req/s", said)
    return dict(zip(("requests", "done", "succeeded", "failed", "errored"),
                    map(int, counts.groups()))) | {"per_second": float(per_second[1])}


def h2load(port, *options):
    """Run h2load over HTTP/1.1 to its end."""
    return requests_of(subprocess.run(["h2load", "--h1", *options, f"http://127.0.0.1:{port}/"],
                                      check=True, capture_output=True, text=True).stdout)


def instructions(command, function=None):
    """Instructions of one run under callgrind, all or those below one function."""
    out = os.path.join(temp, "callgrind")
    more = [f"--toggle-collect={function}"] if function else []
    said = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *more,
                           *command], check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


def mb(count):
    return f"{count / 1e6:.1f} MB"
