"""Runs schemathesis against a running statuswire: valid and invalid requests, and every response is checked against the OpenAPI
document. The instance runs the demo and has no network. The run starts once the demo has an incident, whose ids replace those
of the examples.

Run by .ci/run with a Python that has .ci/requirements.txt. Everything stays on loopback.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mail import ROOT, build, fetch, free_ports, serving

CONFIG = ROOT / ".ci" / "schemathesis.toml"
TIMEOUT = 60  # seconds until there is an incident
MAX_TIME = 100  # seconds of requests


def main():
    binary = build("statuswire", ["--bin", "statuswire"])
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    command = [binary, "serve", "--no-network"]
    with tempfile.TemporaryDirectory() as folder, serving(command, port):
        incident = first_incident(base)
        document = json.loads(fetch(f"{base}/api/v1/openapi.json"))
        use_real_ids(document, {"provider": incident["provider"]["id"], "id": incident["id"]})
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(document))
        ask = [Path(sys.executable).parent / "schemathesis", "--config-file", CONFIG, "run", file, "--url", base]
        ran = subprocess.run([*ask, "--checks", "all", "--max-time", str(MAX_TIME), "--no-color"], cwd=folder)
    sys.exit(ran.returncode)


def first_incident(base):
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        incidents = json.loads(fetch(f"{base}/api/v1/incidents"))["incidents"]
        if incidents:
            return incidents[0]
        time.sleep(0.5)
    sys.exit(f"the demo had no incident after {TIMEOUT} s")


def use_real_ids(document, real):
    """Replaces the ids of the examples, which this instance does not have."""
    for path, operations in document["paths"].items():
        for parameter in operations["get"]["parameters"]:
            if parameter["in"] == "path" or parameter["name"] == "provider":
                is_provider = parameter["name"] == "provider" or path.startswith("/api/v1/providers/")
                parameter["example"] = real["provider" if is_provider else "id"]


if __name__ == "__main__":
    main()
