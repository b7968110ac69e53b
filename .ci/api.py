"""Runs schemathesis against a running statuswire: valid and invalid requests, and every response is checked against the OpenAPI
document. The instance runs the demo and has no network. The run starts once the demo has an incident, whose ids replace those
of the examples. A second run is about the API of an account: it signs in by the link that the instance prints, makes tokens
on the page, and follows the links of the document from what is made to reading, replacing and removing it.

Run by .ci/run with a Python that has .ci/requirements.txt. Everything stays on loopback.
"""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from mail import TIMEOUT, fetch, free_ports, serving
from workspace import ROOT, build

CONFIG = ROOT / ".ci" / "schemathesis.toml"
HOOKS = ROOT / ".ci" / "api_tokens.py"
ACCOUNT = "/api/v1/account"
MAX_TIME = 80  # seconds of requests, of each run
# A token is heard 120 times in a minute.
TOKENS = 45


def main():
    binary = build("bin", "statuswire")
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    command = [binary, "serve", "--no-network"]
    with tempfile.TemporaryDirectory() as folder, serving(command, port) as printed:
        incident = first_incident(base)
        document = json.loads(fetch(f"{base}/api/v1/openapi.json"))
        paths = document["paths"]
        reads = {path: it for path, it in paths.items() if not path.startswith(ACCOUNT)}
        of_account = {path: it for path, it in paths.items() if path.startswith(ACCOUNT)}
        assert reads and of_account, list(paths)
        use_real_ids(reads, {"provider": incident["provider"]["id"], "id": incident["id"]})
        failed = run(document | {"paths": reads}, base, Path(folder), {}, [])
        tokens = make_tokens(base, printed())
        print(f"api: {len(tokens)} tokens")
        environment = {"SCHEMATHESIS_HOOKS": str(HOOKS), "API_TOKENS": " ".join(tokens)}
        # Wrong tokens are throttled by address, so that this check would be refused like everybody who guesses: the
        # console's own tests try every operation with them.
        more = ["--exclude-checks", "ignored_auth"]
        # It would revoke the tokens of the run, one after the other.
        more += ["--exclude-operation-id", "revokeToken"]
        failed |= run(document | {"paths": of_account}, base, Path(folder), environment, more)
    sys.exit(failed)


def run(document, base, folder, environment, more):
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    ask = [Path(sys.executable).parent / "schemathesis", "--config-file", CONFIG, "run", file, "--url", base]
    ask += ["--checks", "all", *more, "--max-time", str(MAX_TIME), "--no-color"]
    return subprocess.run(ask, cwd=folder, env=os.environ | environment).returncode


def make_tokens(base, printed):
    """As a person does it in a browser. The link that the instance prints signs its owner in."""
    link = re.search(r"/account/sign-in/[0-9a-f]{64}", printed)
    assert link, printed
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def submit(path, **form):
        headers = {"Origin": base, "Sec-Fetch-Site": "same-origin"}
        body = urllib.parse.urlencode(form).encode()
        with opener.open(urllib.request.Request(base + path, body, headers), timeout=TIMEOUT) as response:
            return response.read().decode()

    submit(link[0])
    with opener.open(f"{base}/account/tokens", timeout=TIMEOUT) as response:
        form = re.search(r'name="form" value="([^"]+)"', response.read().decode())[1]
    made = (submit("/account/tokens", form=form, name=f"run {n}", scope="admin", days="30") for n in range(TOKENS))
    return [re.search(r'<code id="token">([^<]+)<', page)[1] for page in made]


def first_incident(base):
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        incidents = json.loads(fetch(f"{base}/api/v1/incidents"))["incidents"]
        if incidents:
            return incidents[0]
        time.sleep(0.5)
    sys.exit(f"the demo had no incident after {TIMEOUT} s")


def use_real_ids(paths, real):
    """Replaces the ids of the examples, which this instance does not have."""
    for path, operations in paths.items():
        for parameter in operations["get"]["parameters"]:
            if parameter["in"] == "path" or parameter["name"] == "provider":
                is_provider = parameter["name"] == "provider" or path.startswith("/api/v1/providers/")
                parameter["example"] = real["provider" if is_provider else "id"]


if __name__ == "__main__":
    main()
