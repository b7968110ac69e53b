"""Runs the real bootstrap under AWS's Runtime Interface Emulator, once per function of template.yaml, with the events
of tests/events against the embedded stack and the fakes. It checks what no test in process can: that the artefact
starts as Lambda starts it, selects its function by the handler, reads its environment and speaks the wire format.

Run by .ci/run with a Python that has aws-sam-cli, which contains the emulator and botocore. Everything stays on
loopback.

The stack (`cargo run -p tests --bin stack`) prints one line of JSON and ends with its standard input:
  dynamodb, sqs, ses       endpoints
  credentials              variables with the credentials of this run, which sign requests to dynamodb and sqs
  table, alerts_queue_url  as in the template
  channel_queue_urls       by channel
  received_url             lists the requests to the fakes, and their responses
  disabled_url             lists the disabled destinations, with the reason
  env                      more variables for every function, which keep it on loopback
  dispatcher_env           likewise for the dispatchers: the keys of the destinations
  mail_env                 likewise for the dispatcher of the channel email
It contains the alert of tests/events, for each channel a destination `acme-<channel>` that wants it, at one of the
fakes, and one page that has changed. The mail recipient has consented.
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

import botocore.config
import botocore.session

ROOT = Path(__file__).resolve().parent.parent
EVENTS = ROOT / "tests" / "events"
TIMEOUT = 60  # seconds for one start or response, far more than it takes


def main():
    emulator = find_emulator()
    bootstrap = build("bootstrap", "bootstrap")
    passed = failed = 0
    with running_stack(build("tests", "stack")) as stack:
        for name, run in checks(stack).items():
            log = tempfile.TemporaryFile("w+")
            try:
                print(f"{name}: {run(lambda *invoked: invoke(emulator, bootstrap, log, *invoked))}")
                passed += 1
            except Exception as error:
                failed += 1
                print(f"{name}: FAILED: {error!r}")
                log.seek(0)
                print(log.read())
    print(f"rie: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def checks(stack):
    """By name: what to invoke and what to expect. Each returns the response, which is printed."""
    common = stack["env"] | stack["credentials"] | {
        "AWS_ENDPOINT_URL_DYNAMODB": stack["dynamodb"],
        "AWS_ENDPOINT_URL_SQS": stack["sqs"],
        "TABLE": stack["table"],
    }
    alerts = {"ALERTS_QUEUE_URL": stack["alerts_queue_url"]}
    queue_urls = stack["channel_queue_urls"]

    def poller(invoke):
        before = messages(stack, stack["alerts_queue_url"])
        variables = common | alerts | {"CONTACT": "ci@statuswire.invalid"}
        answer = invoke("poller", variables, read_event("poller-schedule"))
        assert answer["changed"] == 1 and answer["alerts"] == 1, f"the change was not found: {answer}"
        queued = messages(stack, stack["alerts_queue_url"]) - before
        assert queued == 1, f"{queued} alerts were queued"
        return answer

    def router(invoke):
        urls = {f"CHANNEL_QUEUE_URL_{channel.upper()}": url for channel, url in queue_urls.items()}
        own = {"QUEUE_URL": stack["alerts_queue_url"]}
        answer = invoke("router", common | own | urls, read_event("router-sqs"))
        assert answer == {"batchItemFailures": []}, f"the alert was not routed: {answer}"
        for channel, url in queue_urls.items():
            assert messages(stack, url) >= 1, f"no task was queued for the channel {channel}"
        return answer

    def dispatcher(channel):
        def run(invoke):
            own = {"CHANNEL": channel, "QUEUE_URL": queue_urls[channel]}
            variables = common | alerts | stack["dispatcher_env"] | own
            if channel == "email":
                variables |= stack["mail_env"] | {"AWS_ENDPOINT_URL_SESV2": stack["ses"]}
            answer = invoke("dispatcher", variables, read_event(f"dispatcher-{channel}-sqs"))
            assert answer == {"batchItemFailures": []}, f"the delivery failed: {answer}"
            service = {"email": "ses"}.get(channel, channel)
            received = [message for message in fetch(stack["received_url"]) if message["channel"] == service]
            assert len(received) == 1 and received[0]["status"] in range(200, 300), f"the fake {service} got {received}"
            return answer

        return run

    def web(invoke):
        answer = invoke("web", common, read_event("web-http"))
        assert answer["statusCode"] == 404 and "Invalid link" in answer["body"], f"that is not the page: {answer}"
        return {key: answer[key] for key in ("statusCode", "headers")}

    def private_web(invoke):
        private = common | {"WEB_PASSWORD": "correct horse battery"}
        opened = read_event("web-private")
        led = invoke("web", private, opened)
        expected = (303, "/sign-in?to=%2Fcalendar")
        assert (led["statusCode"], led["headers"].get("location")) == expected, f"no form was asked for: {led}"
        signed_in = invoke("web", private, read_event("web-sign-in"))
        assert signed_in["headers"].get("location") == "/calendar", f"the password was refused: {signed_in}"
        [cookie] = signed_in["cookies"]
        assert "; Secure" in cookie and "; HttpOnly" in cookie, cookie
        opened["cookies"].append(cookie.split(";")[0])
        # Another process than the one that began the session.
        answer = invoke("web", private, opened)
        assert answer["statusCode"] == 200 and "Sign out" in answer["body"], f"that is not the page: {answer}"
        return {"statusCode": answer["statusCode"], "headers": answer["headers"]}

    def feedback(invoke):
        before = messages(stack, stack["alerts_queue_url"])
        answer = invoke("feedback", common | alerts, read_event("feedback-bounce"))
        disabled = fetch(stack["disabled_url"])
        assert list(disabled) == ["acme-email"], f"the bounce disabled {disabled}"
        queued = messages(stack, stack["alerts_queue_url"]) - before
        assert queued == 1, f"{queued} notices were queued"
        return answer

    dispatchers = {f"dispatcher of {channel}": dispatcher(channel) for channel in queue_urls}
    return {"poller": poller, "router": router} | dispatchers | {
        "web": web,
        "web of a private instance": private_web,
        "feedback": feedback,
    }


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


@contextlib.contextmanager
def running_stack(program):
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready, _, _ = select.select([process.stdout], [], [], TIMEOUT)
        line = process.stdout.readline() if ready else ""
        if not line:
            sys.exit(f"the stack printed nothing within {TIMEOUT} seconds")
        yield json.loads(line)
        process.stdin.close()
        if process.wait(TIMEOUT) != 0:
            sys.exit(f"the stack ended with status {process.returncode}")
    finally:
        process.kill()
        process.wait()


def build(package, binary):
    """The path of a binary of the workspace, wherever the target folder is."""
    command = ["cargo", "build", "-p", package, "--bin", binary, "--message-format=json-render-diagnostics"]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for message in map(json.loads, output.splitlines()):
        if message.get("executable") and message["target"]["name"] == binary:
            return message["executable"]
    sys.exit(f"cargo built no binary called {binary}")


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


def messages(stack, queue_url):
    sqs = botocore.session.get_session().create_client(
        "sqs",
        endpoint_url=stack["sqs"],
        region_name="us-east-1",
        aws_access_key_id=stack["credentials"]["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=stack["credentials"]["AWS_SECRET_ACCESS_KEY"],
        # No proxy: it could not reach loopback.
        config=botocore.config.Config(proxies={}),
    )
    asked = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(asked["Attributes"]["ApproximateNumberOfMessages"])


def post(url, body):
    headers = {"Content-Type": "application/json"}
    return fetch(urllib.request.Request(url, json.dumps(body).encode(), headers))


def fetch(request):
    # No proxy: it could not reach loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as response:
        return json.load(response)


if __name__ == "__main__":
    main()
