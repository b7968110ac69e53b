"""Runs the deployed form on moto, software that is not ours: an AWS in memory, which knows more of AWS's rules than the
embedded stack and was written by others. In this order:

1. template.yaml, transformed as SAM does it, is created by moto's CloudFormation. What moto does not know is listed; the
   schedule is made by its own API. Queues, event sources and the table are compared with what the code rests on.
2. An embedded instance is exported and imported into the stack.
3. The functions run under the Runtime Interface Emulator with the variables that the stack gives them, and the queues
   are handed to them as event source mappings do: router, dispatchers, then the poller and the way of its alert.
4. The stack is exported, and imported into a new data folder, which tells the end of the incident: once.
5. Stories of tests/it run on moto's DynamoDB and SQS.

From 3 on a part of the requests is answered with a throttling error, the same part in each run.

Run by .ci/run with a Python that has .ci/requirements.txt. Everything stays on loopback.
"""

import base64
import collections
import contextlib
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import warnings
from pathlib import Path

os.environ |= {"MOTO_ALLOW_NONEXISTENT_REGION": "true", "VALIDATE_LAMBDA_S3": "false"}

import boto3
import botocore.config
from moto.server import DomainDispatcherApplication, create_backend_app
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from werkzeug.serving import WSGIRequestHandler, make_server

from emulator import Functions, fetch, find_emulator, read_event, running_stack, show
from workspace import ROOT, build

STACK = "gate"
REGION = "us-east-1"
# moto takes any: it looks up the account by them, and checks no signature.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"}
SEED = 20261201
OWNER = "owner@example.com"
THROTTLED = 0.03  # of the requests of functions and stories, but never the last attempt of a client
# Everything takes ten times as long on moto, so not all of tests/it. What these rest on is what the embedded services
# were written after: conditions, transactions, FIFO groups, visibility. Stories that start again on a data folder are
# left out, since that is not where their data is, and the largest one.
STORIES = ["happy::", "two_pollers::", "delivery::told::", "filters::", "settings::", "--skip", "restart", "--skip", "two_hundred"]

problems = []


def main():
    started = time.monotonic()
    warnings.filterwarnings("ignore", module="moto")
    logging.disable(logging.ERROR)
    emulator, bootstrap = find_emulator(), build("bin", "bootstrap")
    statuswire, stack_program = build("bin", "statuswire"), build("bin", "stack")
    with moto() as aws, tempfile.TemporaryDirectory() as folder:
        create(aws)
        folder = Path(folder)
        with running_stack([stack_program, str(folder / "old")]) as (stack, process):
            command = Command(statuswire, aws, folder, stack)
            command("export", "file", "--while-running", "--leave-queued", "--data", "old")
            command("import", "file", *aws.instance())
            aws.throttle(THROTTLED)
            run_functions(aws, stack, emulator, bootstrap)
            aws.throttle(0)
            move_back(aws, command, stack, process)
        run_stories(aws)
        print(f"{aws.faults} of {aws.requests} requests were throttled")
    for problem in problems:
        print(f"moto: {problem}", file=sys.stderr)
    print(f"moto: {len(problems)} problems, {time.monotonic() - started:.0f} s")
    sys.exit(1 if problems else 0)


class Aws:
    """moto, with a layer before it that throttles."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.random, self.lock, self.one_at_a_time = random.Random(SEED), threading.Lock(), threading.Lock()
        self.rate = self.requests = self.faults = 0
        self.table = self.keys = None

    def throttle(self, rate):
        self.rate = rate

    def refuses(self):
        with self.lock:
            self.requests += 1
            refused = self.random.random() < self.rate
            self.faults += refused
            return refused

    def client(self, service):
        # No proxy: it could not reach loopback. More attempts: the layer does not know who asks.
        config = botocore.config.Config(proxies={}, retries={"mode": "standard", "max_attempts": 8})
        key, secret = CREDENTIALS.values()
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=config,
        )

    def env(self):
        """Variables for a program that is to reach moto."""
        return {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url} | CREDENTIALS

    def instance(self):
        return ["--stack", STACK, "--table", self.table, "--keys", self.keys]


def is_last_attempt(request):
    """Of the SDK's header, `attempt=3; max=3`. Without it nobody knows."""
    numbers = dict(part.strip().split("=") for part in request.split(";") if "=" in part)
    return bool(numbers) and int(numbers.get("attempt", 0)) >= int(numbers.get("max", 0))


@contextlib.contextmanager
def moto():
    backend = DomainDispatcherApplication(create_backend_app)

    def app(environ, respond):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target and not is_last_attempt(environ.get("HTTP_AMZ_SDK_REQUEST", "")) and aws.refuses():
            name = "com.amazonaws.sqs#RequestThrottled" if target.startswith("AmazonSQS") else "ThrottlingException"
            body = json.dumps({"__type": name, "message": "Rate exceeded"}).encode()
            respond("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
            return [body]
        # moto's conditional writes are atomic only one after the other.
        with aws.one_at_a_time if target.startswith("DynamoDB") else contextlib.nullcontext():
            return backend(environ, respond)

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_):
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    aws = Aws(server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield aws
    finally:
        server.shutdown()


def create(aws):
    """Creates the stack as far as moto knows how, and says what it does not know."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = "s3://code/bootstrap.zip"
    given = {
        "Contact": "ci@statuswire.invalid",
        "NetworkAllow": "127.0.0.0/8",
        "Catalogue": "off",
        "PublicUrl": "https://status.example.com",
        "MailFrom": "Statuswire <alerts@statuswire.test>",
        "Accounts": "closed",
        "AccountsOwner": OWNER,
        # Of the API: moto's CloudFormation makes no secrets.
        "DestinationKeysArn": create_keys(aws),
    }
    defaults = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    transformed = translator.translate(template, defaults | given)
    # They name resources that moto does not know.
    transformed.pop("Outputs", None)
    cloudformation = aws.client("cloudformation")
    with contextlib.redirect_stdout(None):
        cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(transformed),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        made = {row["LogicalResourceId"]: row for page in pages for row in page["StackResourceSummaries"]}
    resources = transformed["Resources"]
    count = sum(1 for name in resources if name in made)
    print(f"created {count} of {len(resources)} resources (others by condition, or unknown to moto):")
    unknown = sorted({resource["Type"] for name, resource in resources.items() if name not in made})
    for kind in unknown:
        number = sum(resource["Type"] == kind for name, resource in resources.items() if name not in made)
        print(f"  not created: {number} of {kind}")
    check_schedule(aws, resources)
    check_queues(aws, resources, made)
    check_sources(aws, resources, made)
    check_table(aws, made)


def create_keys(aws):
    secrets = aws.client("secretsmanager")
    keys = json.dumps({"1": "of this run only, and long enough: 0123456789"})
    aws.keys = secrets.create_secret(Name=f"{STACK}-keys", SecretString=keys)["ARN"]
    return aws.keys


def check_schedule(aws, resources):
    """moto's CloudFormation knows no schedules, but its API does."""
    scheduler = aws.client("scheduler")
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Scheduler::Schedule":
            properties = resource["Properties"]
            target = properties["Target"] | {"Arn": f"arn:aws:lambda:{REGION}:123456789012:function:poller"}
            target["RoleArn"] = "arn:aws:iam::123456789012:role/schedule"
            window = properties["FlexibleTimeWindow"]
            expression = properties["ScheduleExpression"]
            scheduler.create_schedule(Name=name, ScheduleExpression=expression, FlexibleTimeWindow=window, Target=target)
            print(f"  created by its API: {name}")
            made = scheduler.get_schedule(Name=name)
            expect(f"{name}: its input", json.loads(made["Target"]["Input"]), {"shard": 0, "of": 1})


def check_queues(aws, resources, made):
    sqs = aws.client("sqs")
    for name, resource in resources.items():
        if resource["Type"] != "AWS::SQS::Queue" or name not in made:
            continue
        url = made[name]["PhysicalResourceId"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        wanted = resource["Properties"]
        for key in ("VisibilityTimeout", "MessageRetentionPeriod", "FifoQueue"):
            if key in wanted:
                expect(f"{name}: {key}", attributes.get(key), str(wanted[key]).lower())
        if "RedrivePolicy" in wanted:
            letters = wanted["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            policy = json.loads(attributes["RedrivePolicy"])
            end = made[letters]["PhysicalResourceId"].rsplit("/", 1)[-1]
            expect(f"{name}: its dead letters", policy["deadLetterTargetArn"].rsplit(":", 1)[-1], end)
            expect(f"{name}: receives", int(policy["maxReceiveCount"]), wanted["RedrivePolicy"]["maxReceiveCount"])


def check_sources(aws, resources, made):
    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    wanted = [name for name, it in resources.items() if it["Type"] == "AWS::Lambda::EventSourceMapping" and name in made]
    expect("event source mappings", len(mappings), len(wanted))
    for mapping in mappings:
        source = mapping["EventSourceArn"].rsplit(":", 1)[-1]
        expect(f"{source}: batch size", mapping["BatchSize"], 10)
        expect(f"{source}: answer", mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])


def check_table(aws, made):
    aws.table = made["Table"]["PhysicalResourceId"]
    dynamodb = aws.client("dynamodb")
    table = dynamodb.describe_table(TableName=aws.table)["Table"]
    expect("keys of the table", [key["AttributeName"] for key in table["KeySchema"]], ["pk", "sk"])
    index = table["GlobalSecondaryIndexes"][0]
    expect("keys of the index", [key["AttributeName"] for key in index["KeySchema"]], ["gsi1pk", "gsi1sk"])
    if dynamodb.describe_time_to_live(TableName=aws.table)["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED":
        print("  not created: the time to live of the table")


def expect(what, found, wanted):
    if found != wanted:
        problems.append(f"{what} is {found!r}, not {wanted!r}")


class Command:
    """The program statuswire, in the folder of this run."""

    def __init__(self, program, aws, folder, stack):
        self.program, self.env, self.folder = program, aws.env(), folder
        (folder / "statuswire.toml").write_text(stack["config"])

    def __call__(self, *arguments):
        env = {"PATH": os.environ["PATH"]} | self.env
        ran = subprocess.run([self.program, *arguments], cwd=self.folder, env=env, capture_output=True, text=True)
        if ran.returncode != 0:
            sys.exit(f"statuswire {' '.join(arguments)}: {ran.stdout}{ran.stderr}")
        print(f"statuswire {arguments[0]}: {ran.stdout.strip().splitlines()[-1]}")


def deployed(aws, stack, emulator, bootstrap):
    """The functions of the stack, and by their handlers the variables that the stack gives them."""
    client, sqs = aws.client("lambda"), aws.client("sqs")
    variables, by_handler, sources = {}, {}, {}
    for function in client.list_functions()["Functions"]:
        given = {key: value for key, value in function["Environment"]["Variables"].items() if value != ""}
        given |= aws.env()
        if given.get("CHANNEL") == "email" or function["Handler"] == "console":
            given |= stack["mail_env"] | {"AWS_ENDPOINT_URL_SESV2": stack["ses"]}
        variables[function["FunctionArn"]] = (function["Handler"], given)
        by_handler[function["Handler"]] = given
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        name = mapping["EventSourceArn"].rsplit(":", 1)[-1]
        sources[sqs.get_queue_url(QueueName=name)["QueueUrl"]] = variables[mapping["FunctionArn"]]
        # moto would run the functions in Docker.
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    return Functions(emulator, lambda: bootstrap, sqs, sources), by_handler


def run_functions(aws, stack, emulator, bootstrap):
    functions, variables = deployed(aws, stack, emulator, bootstrap)
    answer = functions.invoke("router", variables["router"], read_event("router-sqs"))
    expect("router", answer, {"batchItemFailures": []})
    expect("deliveries of the opening", functions.drain(), len(stack["channel_queue_urls"]))
    expect("messages of the opening", list(accepted(stack).values()), [1] * len(stack["channel_queue_urls"]))
    answer = functions.invoke("poller", variables["poller"], read_event("poller-schedule"))
    expect("poller", (answer["changed"], answer["alerts"]), (1, 1))
    expect("tasks of the update", functions.drain(), 1 + len(stack["channel_queue_urls"]))
    expect("messages to the webhook", accepted(stack)["webhook"], 2)
    answer = functions.invoke("web", variables["web"], read_event("web-http"))
    expect("web", answer["statusCode"], 404)
    run_pages(functions, variables, stack)
    run_feedback(aws, functions, variables)


def run_pages(functions, variables, stack):
    """The dashboard, an incident's page, and the form at which people sign in."""
    dashboard = at(read_event("web-http"), "/")
    for event, text in ((dashboard, "Acme"), (read_event("web-incident-decoded"), "Trouble arn:aws:health")):
        answer = functions.invoke("web", variables["web"], event)
        expect(f"web at {event['rawPath']}", (answer["statusCode"], text in answer["body"]), (200, True))
    asked = read_event("console-http")
    answer = functions.invoke("console", variables["console"], asked)
    expect("console", (answer["statusCode"], "Send me a link" in answer["body"]), (200, True))
    before = accepted(stack)["ses"]
    body = base64.b64encode(urllib.parse.urlencode({"address": OWNER}).encode()).decode()
    sent = at(read_event("web-sign-in"), asked["rawPath"]) | {"routeKey": asked["routeKey"], "body": body}
    # PublicUrl is where its forms are.
    sent["headers"] |= {"host": "status.example.com", "origin": "https://status.example.com"}
    answer = functions.invoke("console", variables["console"], sent)
    expect("console's form", (answer["statusCode"], answer["headers"].get("location")), (303, "/account/sign-in?sent=1"))
    expect("mails with a link to sign in", accepted(stack)["ses"] - before, 1)


def at(event, path):
    """The same event for another path."""
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    return event


def run_feedback(aws, functions, variables):
    """Of an address that no destination has, so that all of them are told the end after the move."""
    address = "gone@example.com"
    bounce = json.loads(json.dumps(read_event("feedback-bounce")).replace("acme-email@example.com", address))
    functions.invoke("feedback", variables["feedback"], bounce)
    key = {"pk": {"S": f"SUPPRESSED#{address}"}, "sk": {"S": "SUPPRESSED"}}
    found = aws.client("dynamodb").get_item(TableName=aws.table, Key=key, ConsistentRead=True)
    expect("the bounced address", found.get("Item", {}).get("type"), {"S": "suppression"})


def accepted(stack):
    """How many messages each fake has accepted. The webhook gets one for each alert; others leave out or edit some."""
    received = fetch(stack["received_url"])
    return collections.Counter(it["channel"] for it in received if it["status"] in range(200, 300))


def move_back(aws, command, stack, process):
    command("export", "back", "--while-running", *aws.instance())
    command("import", "back", "--data", "new")
    show(process, 3)
    before = accepted(stack)
    serve = ["serve", "--once", "--json", "--no-catalogue", "--config", "statuswire.toml", "--data", "new"]
    command(*serve)
    told = accepted(stack) - before
    expect("messages of the end to the webhook", told["webhook"], 1)
    expect("fakes that were told the end", len(told), len(stack["channel_queue_urls"]))
    command(*serve)
    expect("messages after the end", sum((accepted(stack) - before - told).values()), 0)


def run_stories(aws):
    aws.throttle(THROTTLED)
    command = [build("test", "it"), "--quiet", "--test-threads", "4", *STORIES]
    ran = subprocess.run(command, cwd=ROOT / "tests", env=os.environ | {"STORIES_ENDPOINT": aws.url})
    expect("stories: exit status", ran.returncode, 0)


main()
