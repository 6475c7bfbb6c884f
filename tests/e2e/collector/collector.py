# SPDX-License-Identifier: Apache-2.0
"""A real OpenTelemetry Collector, built once (build/collector), and what its file exporter wrote."""

import json
import os
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "../../.."))
COLLECTOR = os.path.join(ROOT, "build/collector")
DEADLINE_S = 30


def until(condition, what):
    """Poll; the deadline is only met when something is wrong."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def build_collector():
    """None, or why it cannot be had."""
    if os.path.exists(COLLECTOR):
        return None
    if not shutil.which("go"):
        return "there is no Go"
    os.makedirs(os.path.dirname(COLLECTOR), exist_ok=True)
    got = subprocess.run(["go", "mod", "download"], cwd=HERE, capture_output=True, text=True)
    if got.returncode:
        return "its Go modules cannot be had: " + got.stderr.strip()[:300]
    subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", COLLECTOR, "."],
                   cwd=HERE, check=True)
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Collector:
    """One Collector with its own port and file; TLS with client certificates if asked for."""

    def __init__(self, directory, tls=False):
        self.port = free_port()
        self.file = os.path.join(directory, "out.json")
        http = {"endpoint": f"127.0.0.1:{self.port}"}
        if tls:
            http["tls"] = {"cert_file": f"{directory}/server.pem", "key_file": f"{directory}/server.key",
                           "client_ca_file": f"{directory}/ca.pem"}
        pipeline = {"receivers": ["otlp"], "exporters": ["file"]}
        config = {
            "receivers": {"otlp": {"protocols": {"http": http}}},
            "exporters": {"file": {"path": self.file, "flush_interval": "50ms"}},
            "service": {"telemetry": {"metrics": {"level": "none"}},
                        "pipelines": {"traces": pipeline, "metrics": pipeline}},
        }
        path = os.path.join(directory, "collector.json")
        with open(path, "w") as f:
            json.dump(config, f)
        self.log = open(os.path.join(directory, "collector.log"), "w")
        self.process = subprocess.Popen([COLLECTOR, "--config", path], stdout=self.log,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        until(lambda: answers(self.port), "the collector does not listen")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.log.close()

    def requests(self):
        if not os.path.exists(self.file):
            return []
        with open(self.file) as f:
            # At once: the last line may be half written, and whole by the next look.
            return [json.loads(line) for line in f.read().split("\n")[:-1]]


def value_of(value):
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [value_of(v) for v in content["values"]]
    return content


def attributes(holder):
    return {a["key"]: value_of(a["value"]) for a in holder.get("attributes", [])}


def items(requests, outer, scope, inner):
    """(resource attributes, the scope's message, item) of all requests."""
    for request in requests:
        for resource in request.get(outer, []):
            for part in resource[scope]:
                for item in part[inner]:
                    yield attributes(resource["resource"]), resource, part, item


def spans_of(requests):
    return list(items(requests, "resourceSpans", "scopeSpans", "spans"))
