"""Lets schemathesis ask a running statuswire everything that its OpenAPI document allows and much that it does not, and hold
the answers against the document. The instance shows the replay and reaches nobody; lists are asked for once there is an
incident in them, and what is found in them is asked for by its id.

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
PATIENCE = 60  # seconds until there is an incident
LONGEST = 100  # seconds of asking


def main():
    binary = build("statuswire", ["--bin", "statuswire"])
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    command = [binary, "serve", "--no-network"]
    with tempfile.TemporaryDirectory() as folder, serving(command, port):
        incident = first_incident(base)
        document = json.loads(fetch(f"{base}/api/v1/openapi.json"))
        name_real_ones(document, {"provider": incident["provider"]["id"], "id": incident["id"]})
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(document))
        ask = [Path(sys.executable).parent / "schemathesis", "--config-file", CONFIG, "run", file, "--url", base]
        ran = subprocess.run([*ask, "--checks", "all", "--max-time", str(LONGEST), "--no-color"], cwd=folder)
    sys.exit(ran.returncode)


def first_incident(base):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        incidents = json.loads(fetch(f"{base}/api/v1/incidents"))["incidents"]
        if incidents:
            return incidents[0]
        time.sleep(0.5)
    sys.exit("the replay brought no incident")


def name_real_ones(document, real):
    """Examples are of providers that everybody knows; here they must be found."""
    for path, operations in document["paths"].items():
        for parameter in operations["get"]["parameters"]:
            if parameter["in"] == "path" or parameter["name"] == "provider":
                is_provider = parameter["name"] == "provider" or path.startswith("/api/v1/providers/")
                parameter["example"] = real["provider" if is_provider else "id"]


if __name__ == "__main__":
    main()
