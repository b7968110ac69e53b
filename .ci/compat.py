"""Runs the program of an earlier commit and today's on one data folder, and their functions on one table and its queues:
what a deployment does while it is under way, and what a roll back comes to. Not a part of .ci/run, since it builds the
earlier program: for whoever makes a release, with a Python that has .ci/requirements.txt.

    .ci/compat.py COMMIT            compares, and builds the earlier program below target/compat
    .ci/compat.py COMMIT --record   also writes what the earlier program stored to tests/fixtures/release/items.jsonl

The functions take turns: the earlier router hands its tasks to today's dispatcher, today's poller commits what the
earlier one reads next, and the other way round. Every alert arrives once.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import botocore.config
import botocore.session

from emulator import TIMEOUT, Functions, fetch, find_emulator, read_event, running_stack, show
from workspace import ROOT, build

WORK = ROOT / "target" / "compat"
FIXTURE = ROOT / "tests" / "fixtures" / "release" / "items.jsonl"

problems = []


def main():
    commit = sys.argv[1]
    earlier = {name: build_earlier(commit, name) for name in ("bootstrap", "statuswire")}
    today = {name: build("bin", name) for name in ("bootstrap", "statuswire")}
    program = build("bin", "stack")
    with running_stack([program]) as (stack, process), tempfile.TemporaryDirectory() as folder:
        Folder(stack, process, Path(folder)).take_turns(earlier["statuswire"], today["statuswire"])
    for first, second in ((earlier, today), (today, earlier)):
        with running_stack([program]) as (stack, process):
            functions_take_turns(stack, process, first["bootstrap"], second["bootstrap"])
    if "--record" in sys.argv:
        with running_stack([program]) as (stack, process), tempfile.TemporaryDirectory() as folder:
            Folder(stack, process, Path(folder)).record(earlier["statuswire"], today["statuswire"])
    for problem in problems:
        print(f"compat: {problem}", file=sys.stderr)
    print(f"compat: {commit} and today's: {len(problems)} problems")
    sys.exit(1 if problems else 0)


def build_earlier(commit, name):
    tree = WORK / "tree"
    if not tree.exists():
        subprocess.run(["git", "worktree", "add", "--detach", tree, commit], cwd=ROOT, check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=tree, check=True)
    # A folder of its own: cargo takes the crates of one checkout for those of another.
    target = Path(os.environ.get("COMPAT_TARGET_DIR", WORK / "target"))
    command = ["cargo", "build", "-p", name, "--bin", name]
    subprocess.run(command, cwd=tree, env=os.environ | {"CARGO_TARGET_DIR": str(target)}, check=True)
    return str(target / "debug" / name)


def expect(what, found, wanted):
    print(f"{what}: {found}")
    if found != wanted:
        problems.append(f"{what}: {found!r}, not {wanted!r}")


def webhooks(stack):
    """The events that the webhook has accepted."""
    received = fetch(stack["received_url"])
    return [it for it in received if it["channel"] == "webhook" and it["status"] in range(200, 300)]


class Folder:
    """A data folder on which two programs take turns."""

    def __init__(self, stack, process, path):
        self.stack, self.process, self.path = stack, process, path
        (path / "statuswire.toml").write_text(stack["config"])

    def run(self, program, *arguments):
        command = [program, *arguments, "--data", "data"]
        ran = subprocess.run(command, cwd=self.path, capture_output=True, text=True, timeout=TIMEOUT)
        # 1: a delivery failed, or is to be repeated.
        if ran.returncode not in (0, 1):
            sys.exit(f"{command}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def round(self, program):
        self.run(program, "serve", "--once", "--no-catalogue", "--config", "statuswire.toml")
        return len(webhooks(self.stack))

    def take_turns(self, earlier, today):
        for updates, program in enumerate((earlier, today, earlier, today)):
            show(self.process, updates)
            name = "earlier" if program == earlier else "today's"
            expect(f"folder: webhooks after {updates} updates, {name}", self.round(program), updates)
        expect("folder: rolled back, nothing is repeated", self.round(earlier), 3)
        for serving, asking in ((earlier, today), (today, earlier)):
            with self.serving(serving):
                lines = self.run(asking, "deliveries", "--destination", "acme-webhook", "--json").splitlines()
                expect("folder: deliveries that the one shows while the other runs", len(lines), 3)

    @contextlib.contextmanager
    def serving(self, program):
        command = [program, "serve", "--listen", "127.0.0.1:0", "--no-replay", "--no-catalogue", "--data", "data"]
        process = subprocess.Popen(command, cwd=self.path, stdout=subprocess.PIPE, text=True)
        try:
            # It listens, and its socket is open.
            while "Watching" not in process.stdout.readline():
                pass
            yield
        finally:
            process.terminate()
            process.communicate(timeout=TIMEOUT)

    def record(self, earlier, today):
        for updates in range(3):
            show(self.process, updates)
            self.round(earlier)
        self.run(today, "export", "file")
        lines = (self.path / "file").read_text().splitlines()[1:-1]
        items = sorted(json.dumps(json.loads(line)["item"], separators=(",", ":")) for line in lines)
        FIXTURE.parent.mkdir(parents=True, exist_ok=True)
        FIXTURE.write_text("\n".join(items) + "\n")
        print(f"{len(items)} items in {FIXTURE.relative_to(ROOT)}")


def functions_take_turns(stack, process, first, second):
    common = stack["env"] | stack["credentials"] | {
        "AWS_ENDPOINT_URL_DYNAMODB": stack["dynamodb"],
        "AWS_ENDPOINT_URL_SQS": stack["sqs"],
        "TABLE": stack["table"],
    }
    alerts, channels = stack["alerts_queue_url"], stack["channel_queue_urls"]
    router = {"QUEUE_URL": alerts} | {f"CHANNEL_QUEUE_URL_{name.upper()}": url for name, url in channels.items()}
    sources = {alerts: ("router", common | router)}
    for name, url in channels.items():
        variables = common | stack["dispatcher_env"] | {"CHANNEL": name, "QUEUE_URL": url, "ALERTS_QUEUE_URL": alerts}
        if name == "email":
            variables |= stack["mail_env"] | {"AWS_ENDPOINT_URL_SESV2": stack["ses"]}
        sources[url] = ("dispatcher", variables)
    bootstraps = Turns(first, second)
    functions = Functions(find_emulator(), bootstraps, sqs(stack), sources)
    poller = common | {"ALERTS_QUEUE_URL": alerts, "CONTACT": "ci@statuswire.invalid"}
    functions.drain()
    expect("functions: webhooks after the opening", len(webhooks(stack)), 1)
    for updates in (2, 3):
        show(process, updates)
        answer = functions.invoke("poller", poller, read_event("poller-schedule"))
        expect("functions: alerts of the poller", answer["alerts"], 1)
        functions.drain()
        expect(f"functions: webhooks after {updates} updates", len(webhooks(stack)), updates)
    answer = functions.invoke("poller", poller, read_event("poller-schedule"))
    expect("functions: alerts of an unchanged page", answer["alerts"], 0)
    expect("functions: both took turns", bootstraps.took_turns(), True)


class Turns:
    """Two programs that take turns."""

    def __init__(self, *programs):
        self.programs, self.invocations = programs, 0

    def __call__(self):
        self.invocations += 1
        return self.programs[self.invocations % len(self.programs)]

    def took_turns(self):
        return self.invocations >= 10


def sqs(stack):
    keys = stack["credentials"]
    return botocore.session.get_session().create_client(
        "sqs",
        endpoint_url=stack["sqs"],
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        # No proxy: it could not reach loopback.
        config=botocore.config.Config(proxies={}),
    )


main()
