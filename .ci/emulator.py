"""What the checks of the functions share: AWS's Runtime Interface Emulator, which runs the real bootstrap as Lambda does,
and the embedded stack. For .ci/rie.py and .ci/on_moto.py; needs a Python with aws-sam-cli, which contains the emulator.
"""

import contextlib
import importlib.util
import json
import os
import platform
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from workspace import ROOT

EVENTS = ROOT / "tests" / "events"
TIMEOUT = 60  # seconds for one start or response, far more than it takes


def invoke(emulator, bootstrap, log, handler, variables, event):
    """The response of a newly started function to one event."""
    port, api_port = free_ports(2)
    process = subprocess.Popen(
        [
            emulator,
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{port}",
            "--runtime-api-address",
            f"127.0.0.1:{api_port}",
            bootstrap,
        ],
        env={
            "PATH": os.environ["PATH"],
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT),
            "_HANDLER": handler,
        }
        | variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for_listener(port, process)
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        answer = post(url, event)
        failed = isinstance(answer, dict) and "errorType" in answer
        assert not failed, f"the function failed: {answer}"
        return answer
    finally:
        # On this signal the emulator stops the function too.
        process.terminate()
        process.wait(TIMEOUT)


class Functions:
    """Functions behind queues. Messages are handed to them as event source mappings do."""

    def __init__(self, emulator, bootstrap, sqs, sources):
        """`bootstrap` returns the program of the next invocation; `sources`: handler and variables by queue URL."""
        self.emulator, self.bootstrap, self.sqs, self.sources = emulator, bootstrap, sqs, sources

    def invoke(self, handler, variables, event):
        with tempfile.TemporaryFile("w+") as log:
            try:
                return invoke(self.emulator, self.bootstrap(), log, handler, variables, event)
            except Exception:
                log.seek(0)
                print(log.read())
                raise

    def drain(self):
        """Hands on all messages, until no queue has any. Returns how many were done."""
        done = 0
        for _ in range(20):
            batches = [batch for url in self.sources if (batch := self.batch(url)) is not None]
            if not batches:
                return done
            done += sum(batches)
        raise AssertionError("the queues do not get empty")

    def batch(self, url):
        received = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
        messages = received.get("Messages", [])
        if not messages:
            return None
        answer = self.invoke(*self.sources[url], {"Records": [record(message) for message in messages]})
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            handle = message["ReceiptHandle"]
            # The function may have deleted it already.
            with contextlib.suppress(self.sqs.exceptions.ClientError):
                if message["MessageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
                else:
                    # It need not wait for its visibility timeout, of three minutes.
                    self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        return len(messages) - len(failed)


def record(message):
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "awsRegion": "us-east-1",
    }


@contextlib.contextmanager
def running_stack(command):
    """What the stack prints about itself, and its process."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready, _, _ = select.select([process.stdout], [], [], TIMEOUT)
        line = process.stdout.readline() if ready else ""
        if not line:
            sys.exit(f"the stack printed nothing within {TIMEOUT} seconds")
        yield json.loads(line), process
        process.stdin.close()
        if process.wait(TIMEOUT) != 0:
            sys.exit(f"the stack ended with status {process.returncode}")
    finally:
        process.kill()
        process.wait()


def show(process, updates):
    """Shows the stack's page with so many updates of its incident: 1 opens it, 3 end it."""
    process.stdin.write(f"{updates}\n")
    process.stdin.flush()
    process.stdout.readline()


def find_emulator():
    samcli = importlib.util.find_spec("samcli")
    if samcli is None:
        sys.exit("aws-sam-cli is not installed for this Python: run .ci/run, or its python in .venv")
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    emulator = Path(samcli.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    if not os.access(emulator, os.X_OK):
        sys.exit(f"this version of aws-sam-cli has no emulator for this machine: {emulator.name}")
    return emulator


def read_event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [opened.getsockname()[1] for opened in sockets]


def wait_for_listener(port, process):
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise AssertionError("the emulator does not listen")


def post(url, body):
    headers = {"Content-Type": "application/json"}
    return fetch(urllib.request.Request(url, json.dumps(body).encode(), headers))


def fetch(request):
    # No proxy: it could not reach loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as response:
        return json.load(response)
