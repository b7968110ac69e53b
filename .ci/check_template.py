"""What `sam validate --lint` lets pass: values that AWS refuses only at deployment, and places where template.yaml and
the code say the same thing twice. Prints every difference and exits with 1 if there is one.
"""

import math
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
ARCHITECTURES = {"arm64", "x86_64"}
RUNTIMES = {"provided.al2023"}
VISIBILITY_PER_TIMEOUT = 6  # what AWS asks of a queue that feeds a function

problems = []
problem = problems.append


def main():
    text = TEMPLATE.read_text()
    template = yaml.load(text, Loader=Loader)
    resources = template["Resources"]
    defaults = template["Globals"]["Function"]
    functions = {
        name: defaults | resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    queues = {
        name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == "AWS::SQS::Queue"
    }
    channels = registered_channels()
    dead_letter_queues = {redrive_target(queue) for queue in queues.values()} - {None}

    for name, function in functions.items():
        check_artefact(name, function, resources[name])
        check_variables(name, function, channels)
        for source in function.get("Events", {}).values():
            if source["Type"] == "SQS":
                check_event_source(name, function, source["Properties"], queues)
    for name, queue in queues.items():
        check_queue(name, queue, queues, dead_letter_queues)
        if name in dead_letter_queues:
            check_alarm(name, resources)
    check_channels(channels, functions, text)
    check_local_stack(queues, dead_letter_queues)
    check_table(resources["Table"]["Properties"])

    for text in problems:
        print(f"template.yaml: {text}", file=sys.stderr)
    print(f"template: {len(functions)} functions, {len(queues)} queues, {len(problems)} problems")
    sys.exit(1 if problems else 0)


class Loader(yaml.SafeLoader):
    """Reads `!Ref X` as {"Ref": X} and `!GetAtt X.Y` as {"Fn::GetAtt": "X.Y"}."""


def intrinsic(loader, suffix, node):
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    return {key: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", intrinsic)


def referred(value):
    """The logical name in `!Ref X` or `!GetAtt X.Arn`."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or value.get("Fn::GetAtt", "").split(".")[0] or None


def redrive_target(queue):
    return referred(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))


def source_of(path):
    return (ROOT / path).read_text()


def registered_channels():
    listed = re.search(r"^channels! \{(.*?)^\}", source_of("shared/channels/src/lib.rs"), re.S | re.M)
    if listed is None:
        sys.exit("shared/channels/src/lib.rs: the list `channels! { .. }` was not found")
    return re.findall(r"\w+", listed[1])


def check_artefact(name, function, resource):
    if function["Runtime"] not in RUNTIMES:
        problem(f"{name}: the runtime {function['Runtime']} is not one of {sorted(RUNTIMES)}")
    if len(function["Architectures"]) != 1 or not ARCHITECTURES.issuperset(function["Architectures"]):
        problem(f"{name}: Architectures must be one of {sorted(ARCHITECTURES)}, not {function['Architectures']}")
    if resource.get("Metadata", {}).get("BuildMethod") != "rust-cargolambda":
        problem(f"{name}: without `Metadata: BuildMethod: rust-cargolambda` SAM ships the sources")
    if not (ROOT / function["CodeUri"] / "Cargo.toml").is_file():
        problem(f"{name}: CodeUri {function['CodeUri']} is not a package")


def check_variables(name, function, channels):
    """A function is given exactly the variables that its config.rs reads."""
    path = f"functions/{function['Handler']}/src/config.rs"
    if not (ROOT / path).is_file():
        problem(f"{name}: its Handler is {function['Handler']}, but there is no {path}")
        return
    config = source_of(path)
    read = set(re.findall(r'env::(?:required|optional|list)\(\s*"([A-Z0-9_]+)"', config))
    for prefix in re.findall(r'format!\("([A-Z0-9_]+_)\{', config):
        read |= {prefix + channel.upper() for channel in channels}
    given = set(function.get("Environment", {}).get("Variables", {}))
    for variable in sorted(read - given):
        problem(f"{name}: its config.rs reads {variable}, which is not under Environment")
    for variable in sorted(given - read):
        problem(f"{name}: {variable} is under Environment, but its config.rs does not read it")


def check_event_source(name, function, source, queues):
    queue = referred(source["Queue"])
    if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        problem(f"{name}: without ReportBatchItemFailures one failed message repeats its whole batch")
    visibility = queues[queue].get("VisibilityTimeout", 30)
    if visibility < VISIBILITY_PER_TIMEOUT * function["Timeout"]:
        problem(
            f"{queue}: VisibilityTimeout {visibility} is less than {VISIBILITY_PER_TIMEOUT} times "
            f"the Timeout {function['Timeout']} of {name}"
        )


def check_queue(name, queue, queues, dead_letter_queues):
    if queue.get("SqsManagedSseEnabled") is not True:
        problem(f"{name}: SqsManagedSseEnabled must be true")
    if name in dead_letter_queues:
        return
    target = redrive_target(queue)
    if target not in queues:
        problem(f"{name}: it has no dead-letter queue (RedrivePolicy)")


def check_alarm(queue, resources):
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            dimensions = resource["Properties"].get("Dimensions", [])
            if any(referred(dimension["Value"]) == queue for dimension in dimensions):
                return
    problem(f"{queue}: no alarm watches this dead-letter queue")


def check_channels(channels, functions, text):
    """Each registered channel has its dispatcher, and the router may reach its queue."""
    served = {
        function["Environment"]["Variables"].get("CHANNEL")
        for function in functions.values()
        if function["Handler"] == "dispatcher"
    }
    for channel in sorted(served - set(channels)):
        problem(f"CHANNEL {channel} is not registered in shared/channels/src/lib.rs")
    missing = [channel for channel in channels if channel not in served]
    for channel in missing:
        problem(f"the channel {channel} has no dispatcher; paste before the table:\n{channel_section(text, channel)}")
    for channel in channels:
        logical = channel.title().replace("_", "")
        if f"- !GetAtt {logical}Queue.Arn" not in text:
            problem(f"RouterRole may not send to the channel {channel}; add `- !GetAtt {logical}Queue.Arn`")


def channel_section(text, channel):
    """The section of the channel webhook, rewritten for another one."""
    section = re.search(r"^  # ---- dispatcher of the channel webhook ----\n.*?(?=^  # ---- )", text, re.S | re.M)
    if section is None:
        return "(the section of the channel webhook, which would be the pattern, was not found)"
    return section[0].replace("Webhook", channel.title().replace("_", "")).replace("webhook", channel)


def check_local_stack(queues, dead_letter_queues):
    """The queues of the local stack behave like the deployed ones."""
    source = source_of("shared/local/src/stack.rs")
    local = {
        name: math.prod(int(factor) for factor in value.split("*"))
        for name, value in re.findall(r"^pub const (\w+): u32 = ([\d *]+);", source, re.M)
    }
    for name, queue in queues.items():
        expected = {"FifoQueue": True, "MessageRetentionPeriod": local["RETENTION_SECONDS"]}
        if name not in dead_letter_queues:
            expected["VisibilityTimeout"] = local["VISIBILITY_SECONDS"]
            kind = "ALERTS" if name == "AlertsQueue" else "CHANNEL"
            expected["maxReceiveCount"] = local[f"{kind}_MAX_RECEIVE_COUNT"]
        for key, value in expected.items():
            deployed = (queue | queue.get("RedrivePolicy", {})).get(key)
            if deployed != value:
                problem(f"{name}: {key} is {deployed}, in shared/local/src/stack.rs it is {value}")


def check_table(table):
    """The table is the one that the store creates for itself elsewhere."""
    source = source_of("shared/store/src/table.rs")
    code = dict(re.findall(r'^pub const (\w+): &str = "(\w+)";', source, re.M))
    index = table["GlobalSecondaryIndexes"][0]
    deployed = {
        "PARTITION_KEY": key_name(table, "HASH"),
        "SORT_KEY": key_name(table, "RANGE"),
        "INDEX": index["IndexName"],
        "INDEX_PARTITION_KEY": key_name(index, "HASH"),
        "INDEX_SORT_KEY": key_name(index, "RANGE"),
        "TTL": table["TimeToLiveSpecification"]["AttributeName"],
    }
    for name in code.keys() | deployed.keys():
        if code.get(name) != deployed.get(name):
            problem(f"Table: {deployed.get(name)}, but {name} in shared/store/src/table.rs is {code.get(name)}")


def key_name(keys, kind):
    return next(key["AttributeName"] for key in keys["KeySchema"] if key["KeyType"] == kind)


main()
