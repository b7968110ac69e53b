"""Checks what `sam validate --lint` does not: values that AWS rejects only at deployment, and facts that stand both in
template.yaml and in the code. Prints every difference and exits with 1 if there is one.
"""

import json
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
MAIL_CHANNEL = "email"
# Read by a crate of `shared` that every function starts with.
COMMON_SOURCES = ["shared/startup/src/metrics.rs", "shared/traces/src/lib.rs"]
# Properties that are names, which are unique in an account and region: two stacks must not have the same.
NAMES = {"Name", "QueueName", "LogGroupName", "DashboardName", "TopicName", "AlarmName", "TableName", "FunctionName"}
FREE_DASHBOARD_METRICS = 50  # https://aws.amazon.com/cloudwatch/pricing/
SECRETS = {"DESTINATION_KEYS", "HEARTBEAT_URL", "OPENID_CLIENT_SECRET", "SMTP_URL", "WEB_PASSWORD"}  # variables that name a secret
MAIL_VARIABLES = {"ACCOUNTS", "MAIL_FROM", "SMTP_URL", "SES_CONFIGURATION_SET"}  # only the dispatcher of this channel needs them

problems = []
problem = problems.append


def main():
    template = yaml.load(TEMPLATE.read_text(), Loader=Loader)
    resources = template["Resources"]
    defaults = template["Globals"]["Function"]
    functions = {
        name: with_defaults(defaults, resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    queues = {
        name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == "AWS::SQS::Queue"
    }
    channels = registered_channels()
    redriven = {redrive_target(queue) for queue in queues.values()} - {None}
    # Of functions that are invoked and not waited for: the event is kept, but goes back to no queue by itself.
    failures = {failure_target(function) for function in functions.values()} - {None}
    dead_letter_queues = redriven | failures

    check_handlers(functions)
    for name, function in functions.items():
        check_artefact(name, function, resources[name])
        check_variables(name, function, channels, set(variables_of(defaults)))
        check_may_send(name, function, resources)
        check_secrets(name, function, resources)
        for source in function.get("Events", {}).values():
            if source["Type"] == "SQS":
                check_event_source(name, function, source["Properties"], queues)
            if source["Type"] == "EventBridgeRule" and failure_target(function) not in queues:
                problem(f"{name}: an event that it cannot handle is lost (EventInvokeConfig, OnFailure)")
    for name, queue in queues.items():
        check_queue(name, queue, queues, dead_letter_queues)
        if name in dead_letter_queues:
            check_alarm(name, resources)
    check_channels(channels, functions)
    check_left_out(channels, template)
    check_queue_names(channels, queues)
    check_local_stack({name: queue for name, queue in queues.items() if name not in failures}, redriven)
    check_names(resources)
    check_alarms(resources)
    check_rest(resources, template["Conditions"])
    check_throttles(resources)
    check_public_url(functions)
    check_dashboard(resources, channels)
    check_shown(resources, functions, dead_letter_queues)
    check_table(resources["Table"]["Properties"])
    for who in ("web", "console"):
        check_reads(who, f"{who.title()}Role", resources)

    for text in problems:
        print(f"template.yaml: {text}", file=sys.stderr)
    print(f"template: {len(functions)} functions, {len(queues)} queues, {len(problems)} problems")
    sys.exit(1 if problems else 0)


def with_defaults(defaults, function):
    """What SAM makes of a function's properties and of Globals: environments are merged."""
    return defaults | function | {"Environment": {"Variables": variables_of(defaults) | variables_of(function)}}


def variables_of(function):
    return function.get("Environment", {}).get("Variables", {})


class Loader(yaml.SafeLoader):
    """Reads `!Ref X` as {"Ref": X} and `!GetAtt X.Y` as {"Fn::GetAtt": "X.Y"}."""


def intrinsic(loader, suffix, node):
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    return {key: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", intrinsic)


def referred(value):
    """The logical name in `!Ref X` or `!GetAtt X.Arn`, also where a condition must hold."""
    if not isinstance(value, dict):
        return None
    if "Fn::If" in value:
        return referred(value["Fn::If"][1])
    return value.get("Ref") or value.get("Fn::GetAtt", "").split(".")[0] or None


def redrive_target(queue):
    return referred(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))


def failure_target(function):
    destinations = function.get("EventInvokeConfig", {}).get("DestinationConfig", {})
    return referred(destinations.get("OnFailure", {}).get("Destination"))


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


def check_handlers(functions):
    """The artefact knows each Handler, and whatever it can be is deployed."""
    known = set(re.findall(r'^ +"(\w+)" => \w+::run\(\)', source_of("functions/bootstrap/src/main.rs"), re.M))
    deployed = {function["Handler"] for function in functions.values()}
    for handler in sorted(deployed - known):
        problem(f"Handler {handler} is unknown to functions/bootstrap/src/main.rs")
    for handler in sorted(known - deployed):
        problem(f"functions/bootstrap/src/main.rs can be {handler}, but no function has this Handler")


READ_VARIABLE = r'env::(?:required|optional|list)\(\s*"([A-Z0-9_]+)"'


def check_variables(name, function, channels, common):
    """A function is given exactly the variables that its crate reads. `common` are given to every function."""
    sources = sorted((ROOT / "functions" / function["Handler"] / "src").rglob("*.rs"))
    if not sources:
        problem(f"{name}: its Handler is {function['Handler']}, but functions/{function['Handler']} has no sources")
        return
    code = "".join(source.read_text() for source in sources)
    read = set(re.findall(READ_VARIABLE, code))
    for source in COMMON_SOURCES:
        read |= common & set(re.findall(READ_VARIABLE, source_of(source)))
    for prefix in re.findall(r'format!\("([A-Z0-9_]+_)\{', code):
        read |= {prefix + channel.upper() for channel in channels}
    given = variables_of(function)
    if given.get("CHANNEL", MAIL_CHANNEL) != MAIL_CHANNEL:
        read -= MAIL_VARIABLES
    for variable in sorted(read - set(given)):
        problem(f"{name}: its code reads {variable}, which is not under Environment")
    for variable in sorted(set(given) - read):
        problem(f"{name}: {variable} is under Environment, but its code does not read it")


def check_may_send(name, function, resources):
    """A function may send to each queue whose URL it is given (it only receives from QUEUE_URL), and lose no event."""
    role = referred(function["Role"])
    policies = [policy["PolicyDocument"]["Statement"] for policy in resources[role]["Properties"]["Policies"]]
    statements = [statement for policy in policies for statement in policy]
    sending = [statement for statement in statements if "sqs:SendMessage" in listed(statement.get("Action"))]
    allowed = {referred(queue) for statement in sending for queue in listed(statement["Resource"])}
    given = variables_of(function)
    wanted = {referred(value) for key, value in given.items() if "QUEUE_URL" in key and key != "QUEUE_URL"}
    for queue in sorted((wanted | {failure_target(function)}) - {None} - allowed):
        problem(f"{role}: {name} may not send to {queue}; allow sqs:SendMessage on `!GetAtt {queue}.Arn`")


def check_secrets(name, function, resources):
    """A secret is no part of a function's configuration: a variable names it, and the role may read it."""
    role = referred(function["Role"])
    policies = [policy["PolicyDocument"]["Statement"] for policy in resources[role]["Properties"]["Policies"]]
    statements = [alternative for policy in policies for statement in policy for alternative in alternatives(statement)]
    reading = [statement for statement in statements if "secretsmanager:GetSecretValue" in listed(statement.get("Action"))]
    allowed = set().union(*(names(statement["Resource"]) for statement in reading))
    given = function.get("Environment", {}).get("Variables", {})
    for variable, value in given.items():
        if "{{resolve:" in str(value):
            problem(f"{name}: {variable} puts a secret into the configuration; name the secret and read it at the start")
    for variable in sorted(SECRETS & set(given)):
        secrets = names(given[variable])
        if not secrets:
            problem(f"{name}: {variable} is no reference to a secret")
        for secret in sorted(secrets - allowed):
            problem(f"{role}: {name} may not read {variable}; allow secretsmanager:GetSecretValue on {secret}")
    for secret in sorted(allowed - set().union(*(names(given[variable]) for variable in SECRETS & set(given)))):
        problem(f"{role}: it may read {secret}, which no variable of {name} names")


def alternatives(value):
    """The values that `!If` chooses from."""
    if isinstance(value, dict) and "Fn::If" in value:
        return [chosen for one in value["Fn::If"][1:] for chosen in alternatives(one)]
    return [value]


def names(value):
    """The logical names of secrets, and of parameters with their ARNs, that a value may be."""
    found = set()
    for one in (one for one in alternatives(value) if isinstance(one, dict)):
        if "Fn::Select" in one:
            one = one["Fn::Select"][1]["Fn::Split"][1]
        found.add(one.get("Ref"))
    return {name for name in found - {None} if name.endswith("Arn") or name == "DestinationKeys"}


def listed(value):
    return value if isinstance(value, list) else [value]


def check_event_source(name, function, source, queues):
    queue = referred(source["Queue"])
    if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        problem(f"{name}: without ReportBatchItemFailures one failed message repeats its whole batch")
    if "MaximumConcurrency" not in source.get("ScalingConfig", {}):
        problem(f"{name}: without ScalingConfig a fan-out can take the concurrency of the whole account")
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


def check_channels(channels, functions):
    """Each registered channel has its dispatcher, and the router may reach its queue."""
    served = {
        function["Environment"]["Variables"].get("CHANNEL")
        for function in functions.values()
        if function["Handler"] == "dispatcher"
    }
    for channel in sorted(served - set(channels)):
        problem(f"CHANNEL {channel} is not registered in shared/channels/src/lib.rs")
    for channel in channels:
        if channel not in served:
            problem(f"the channel {channel} has no dispatcher; run `cargo run -p tests --bin template`")


def check_left_out(channels, template):
    """A channel that the stack leaves out leaves nothing behind."""
    for channel in channels:
        conditions = {f"Has{logical(channel)}", f"Alarms{logical(channel)}"}
        for section in ("Resources", "Outputs"):
            for name, entry in template[section].items():
                if name.startswith(tuple(f"{logical(channel)}{what}" for what in ("Queue", "D", "Age"))):
                    if entry.get("Condition") not in conditions:
                        problem(f"{name}: its Condition must be one of {sorted(conditions)}")


def logical(name):
    return name.title().replace("_", "")


def check_names(resources):
    """Two stacks of a region live side by side: what has a name has that of the stack in it."""
    for owner, resource in resources.items():
        if resource["Type"].startswith("AWS::Route53::"):
            continue  # domains, which are the user's
        properties = resource.get("Properties", {})
        named = [(key, value) for key, value in properties.items() if key in NAMES]
        # SAM's own name of a schedule is made of logical names alone.
        events = properties.get("Events", {}).items()
        named += [(key, event["Properties"].get("Name")) for key, event in events if event["Type"] == "ScheduleV2"]
        for key, value in named:
            if "AWS::StackName" not in json.dumps(value):
                problem(f"{owner}: {key} has the same name in every stack; put AWS::StackName into it")


def check_alarms(resources):
    """Each alarm tells somebody: by itself, or by the composite alarm."""
    rule = json.dumps([r["Properties"]["AlarmRule"] for r in resources.values() if r["Type"].endswith("CompositeAlarm")])
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            if ("AlarmActions" in resource["Properties"]) == (f"${{{name}}}" in rule):
                problem(f"{name}: it needs AlarmActions, or a place in the rule of the composite alarm, not both")
            if "Condition" not in resource:
                problem(f"{name}: without the condition HasAlarms it costs where it can tell nobody")
    metrics = set(re.findall(r'Self::\w+ => "(\w+)"', source_of("shared/startup/src/metrics.rs")))
    text = TEMPLATE.read_text()
    used = re.findall(r"Namespace: statuswire\s+MetricName: (\w+)", text) + re.findall(r'\["statuswire", "(\w+)"', text)
    for metric in sorted(set(used) - metrics):
        problem(f"the metric {metric} is not written by shared/startup/src/metrics.rs")


def check_rest(resources, conditions):
    """Where polling is off on purpose nothing rings: what rings without data is left out, also of the composite alarm,
    which CloudFormation may watch while it turns polling off."""
    for name, resource in resources.items():
        if resource["Type"] != "AWS::CloudWatch::Alarm" or resource["Properties"].get("TreatMissingData") != "breaching":
            continue
        condition = resource.get("Condition", "")
        if "Polls" not in referred_conditions(condition, conditions):
            problem(f"{name}: it rings without data, so its Condition must contain Polls; it is {condition}")
        for owner, other in resources.items():
            for part in unconditional(other["Properties"] if owner != name else {}):
                if f"${{{name}}}" in part or f"${{{name}.Arn}}" in part:
                    problem(f"{owner}: it names {name}, which is left out without Polls; choose by !If [Polls, ..]")


def referred_conditions(name, conditions):
    """The conditions that hold wherever this one does."""
    parts = conditions.get(name, {}).get("Fn::And", []) if name else []
    return {name}.union(*(referred_conditions(part.get("Condition"), conditions) for part in parts))


def unconditional(value):
    """The texts within a value that stand there also without Polls."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and "Fn::If" in value and value["Fn::If"][0] == "Polls":
        yield from unconditional(value["Fn::If"][2])
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from unconditional(part)


def check_throttles(resources):
    """Metrics of a table are without its index: whoever looks at one looks at the other."""
    text = TEMPLATE.read_text()
    for metric in ("ReadThrottleEvents", "WriteThrottleEvents", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"):
        shown = re.findall(rf'\["AWS/DynamoDB", "{metric}",([^\]]+)\]', text)
        of_index = [one for one in shown if "GlobalSecondaryIndexName" in one]
        if len(shown) != 2 * len(of_index):
            problem(f"Dashboard: {metric} of the table and of its index must both be there")
    for name, resource in resources.items():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        watched = [query["MetricStat"]["Metric"] for query in resource["Properties"].get("Metrics", []) if "MetricStat" in query]
        watched = [metric for metric in watched if metric["Namespace"] == "AWS/DynamoDB"]
        dimensions = {(metric["MetricName"], len(metric["Dimensions"])) for metric in watched}
        for metric in sorted({metric["MetricName"] for metric in watched}):
            if {(metric, 1), (metric, 2)} - dimensions:
                problem(f"{name}: it must watch {metric} of the table and of its index")


def check_public_url(functions):
    """Links lead to one address, whichever function writes them. What the API calls cannot name the API."""
    for name, function in functions.items():
        url = variables_of(function).get("PUBLIC_URL")
        last = "" if any(event["Type"] == "HttpApi" for event in function["Events"].values()) else {"Fn::GetAtt": "WebApi.ApiEndpoint"}
        domain = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, last]}
        expected = {"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, domain]}
        if url not in (None, expected):
            problem(f"{name}: its PUBLIC_URL is {url}, where other functions have {expected}")


def check_shown(resources, functions, dead_letter_queues):
    """The dashboard shows the errors of each function and the dead letters of each queue."""
    (body,) = [json.dumps(it["Properties"]) for it in resources.values() if it["Type"] == "AWS::CloudWatch::Dashboard"]
    for function in functions:
        if not re.search(rf'\\"Errors\\", \\"FunctionName\\", \\"\$\{{{function}\}}', body):
            problem(f"Dashboard: it does not show the errors of {function}")
    for queue in dead_letter_queues:
        if f"${{{queue}.QueueName}}" not in body:
            problem(f"Dashboard: it does not show the dead letters in {queue}")


def check_dashboard(resources, channels):
    """The body is JSON whatever is deployed, and has no more metrics than are free."""
    (name, body), = [
        (name, resource["Properties"]["DashboardBody"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    for holds in (True, False):
        try:
            widgets = json.loads(resolved(body, holds))["widgets"]
        except ValueError as error:
            problem(f"{name}: with conditions that are {holds} its body is not JSON: {error}")
            continue
        metrics = [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
        if len(metrics) > FREE_DASHBOARD_METRICS:
            problem(f"{name}: {len(metrics)} metrics; {FREE_DASHBOARD_METRICS} are free")
        if holds and len(metrics) < len(channels):
            problem(f"{name}: it shows too little: {metrics}")


def resolved(value, holds):
    """The text of an intrinsic function, if all conditions hold, or none; a reference to a resource is `x`."""
    if isinstance(value, str):
        return re.sub(r"\$\{[^}]+\}", "x", value)
    (function, argument), = value.items()
    if function == "Fn::If":
        return resolved(argument[1 if holds else 2], holds)
    if function == "Fn::Join":
        return argument[0].join(resolved(part, holds) for part in argument[1])
    if function == "Fn::Sub" and isinstance(argument, list):
        text = argument[0]
        for variable, part in argument[1].items():
            text = text.replace(f"${{{variable}}}", resolved(part, holds))
        return resolved(text, holds)
    return resolved(argument, holds) if function == "Fn::Sub" else "x"


def check_queue_names(channels, queues):
    """The command line finds the queues of a stack by these names."""
    for name in ["alerts", *channels]:
        for queue, end in ((f"{logical(name)}Queue", ".fifo"), (f"{logical(name)}DeadLetterQueue", "-dlq.fifo")):
            expected = {"Fn::Sub": "${AWS::StackName}-" + name + end}
            if queue in queues and queues[queue].get("QueueName") != expected:
                problem(f"{queue}: its QueueName must be !Sub {expected['Fn::Sub']}")


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


def check_reads(reader, name, resources):
    """The function may read the partitions of the table that `keys.rs` says it reads, and no others."""
    role = resources[name]["Properties"]
    rows = re.findall(r"^//! \|(.*)\|$", source_of("shared/store/src/keys.rs"), re.M)
    read = set()
    for who, _, condition, index, _ in ([cell.strip() for cell in row.split("|")] for row in rows):
        if reader in who.split(", ") and not index:
            read |= {f"{prefix}{'*' * prefix.endswith('#')}" for prefix in re.findall(r"pk = ([A-Z]+(?:#local\b|#)?)", condition)}
    allowed = set()
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        if "dynamodb:GetItem" in listed(statement.get("Action")):
            allowed |= set(statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    for prefix in sorted(read - allowed):
        problem(f"{name}: may not read {prefix}, as shared/store/src/keys.rs says")
    for prefix in sorted(allowed - read):
        problem(f"{name}: may read {prefix}, which shared/store/src/keys.rs does not say")


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
