"""Measures cold starts: the time from the start of a process to its first request for an event, for each function of
the artefact and for a hello-world (functions/bootstrap/examples/hello.rs), all in one run.

    python3 .ci/cold.py [RUNS]

It builds both once as `sam build` does (functions/bootstrap/CargoLambda.toml). The functions get the names of AWS's own
endpoints, which nothing connects to before the first event. Prints a table in Markdown; wall time counts only on a
quiet machine. The second table is of a cgroup with 0.145 of a CPU, a function's share at 256 MB; it takes root.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "functions" / "bootstrap"
RUNS = 40
TIMEOUT = 60  # seconds for one start, far more than it takes
NEXT = b"GET /2018-06-01/runtime/invocation/next "
CPU_SHARE = 0.145
# Microseconds; the shortest that the kernel takes, so that a start is not measured in whole periods.
QUOTA = 1_000
CHANNELS = ("discord", "email", "slack", "teams", "webhook")

AWS = {
    "AWS_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_NAME": "cold",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "example",
    "TABLE": "statuswire",
}


def queue(name):
    return f"https://sqs.eu-central-1.amazonaws.com/123456789012/statuswire-{name}.fifo"


def functions():
    """What to start: a handler and its variables, by name. Without a handler it is the hello-world."""
    alerts = {"ALERTS_QUEUE_URL": queue("alerts")}
    channel_urls = {f"CHANNEL_QUEUE_URL_{channel.upper()}": queue(channel) for channel in CHANNELS}
    # Named as a secret, they would be one request more.
    keys = {"DESTINATION_KEYS": json.dumps({"1": "k" * 64})}
    mail = {"MAIL_FROM": "alerts@example.com", "PUBLIC_URL": "https://status.example.com"}
    rows = {"hello-world": (None, {})}
    rows["poller"] = ("poller", alerts | {"CONTACT": "ops@example.com"})
    rows["router"] = ("router", {"QUEUE_URL": queue("alerts")} | channel_urls)
    for channel in CHANNELS:
        own = {"CHANNEL": channel, "QUEUE_URL": queue(channel)} | (mail if channel == "email" else {})
        rows[f"dispatcher of {channel}"] = ("dispatcher", alerts | keys | own)
    rows["feedback"] = ("feedback", alerts)
    rows["web"] = ("web", {})
    rows["console"] = ("console", mail | keys | {"ACCOUNTS": "closed"})
    return rows


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    binaries = build()
    size = os.path.getsize(binaries["bootstrap"]) / 1e6
    print(f"The artefact has {size:.1f} MB. The median of {runs} starts each:\n")
    print(table(measure(binaries, runs, None)))
    with share_of_a_cpu() as folder:
        if folder is None:
            sys.exit("no cgroup can be had here, so that nothing is measured at a small share: it takes root")
        print(f"\nWith {CPU_SHARE} of a CPU:\n")
        print(table(measure(binaries, runs, folder)))


def build():
    """The paths of the artefact and of the hello-world by name."""
    settings = tomllib.loads((PACKAGE / "CargoLambda.toml").read_text())["build"]["config"]
    command = ["cargo", "build", "--release", "--locked", "--package", "bootstrap", "--bin", "bootstrap"]
    command += ["--example", "hello", "--message-format=json-render-diagnostics"]
    command += [argument for setting in settings for argument in ("--config", setting)]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    built = [message for message in map(json.loads, output.splitlines()) if message.get("executable")]
    return {message["target"]["name"]: message["executable"] for message in built}


def measure(binaries, runs, cgroup):
    """Milliseconds of wall time and of CPU by function, those of each function one after the other's."""
    rows = functions()
    taken = {name: [] for name in rows}
    for _ in range(runs + 1):
        for name, (handler, variables) in rows.items():
            binary = binaries["bootstrap" if handler else "hello"]
            taken[name].append(start(binary, AWS | variables | {"_HANDLER": handler or "hello"}, cgroup))
    # The first start of each fills the caches.
    return {name: [statistics.median(column) for column in zip(*all[1:])] for name, all in taken.items()}


def start(binary, variables, cgroup):
    """Wall and CPU milliseconds of one process until it asks for its first event."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        variables |= {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % listener.getsockname()[1]}
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            run(binary, variables, cgroup, writing)
        os.close(writing)
        try:
            wait_for_next(listener)
            ended = time.monotonic_ns()
        finally:
            os.kill(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
        with open(reading, "rb") as pipe:
            began, cpu_before = map(int, pipe.read().split())
    cpu = (usage.ru_utime + usage.ru_stime) * 1e9 - cpu_before
    return (ended - began) / 1e6, cpu / 1e6


def run(binary, variables, cgroup, pipe):
    """Becomes the function, in a process of its own. Says when, and how much CPU it had taken by then."""
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        if cgroup:
            (cgroup / "cgroup.procs").write_text(str(os.getpid()))
        os.write(pipe, b"%d %d" % (time.monotonic_ns(), time.process_time_ns()))
        os.execve(binary, [binary], variables)
    finally:
        os._exit(1)


def wait_for_next(listener):
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(TIMEOUT)
        asked = b""
        while len(asked) < len(NEXT):
            part = connection.recv(4096)
            if not part:
                sys.exit("the function ended before it asked for an event; start it by hand to see why")
            asked += part
    if not asked.startswith(NEXT):
        sys.exit(f"the function asked for something else: {asked[:80]!r}")


@contextlib.contextmanager
def share_of_a_cpu():
    """The folder of a cgroup with this share, of version 2 or 1 of the kernel's; None if there can be none."""
    root, name, period = Path("/sys/fs/cgroup"), f"statuswire-cold-{os.getpid()}", round(QUOTA / CPU_SHARE)
    is_second = (root / "cgroup.controllers").exists()
    folder = (root if is_second else root / "cpu") / name
    try:
        folder.mkdir()
        if is_second:
            (folder / "cpu.max").write_text(f"{QUOTA} {period}")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(period))
            (folder / "cpu.cfs_quota_us").write_text(str(QUOTA))
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        folder.rmdir()


def table(medians):
    wall, cpu = medians["hello-world"]
    lines = ["| function | until its first `/next` | to hello-world | CPU | to hello-world |", "|---|---|---|---|---|"]
    for name, (own_wall, own_cpu) in medians.items():
        lines.append(f"| {name} | {own_wall:.1f} ms | {own_wall / wall:.2f} | {own_cpu:.1f} ms | {own_cpu / cpu:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
