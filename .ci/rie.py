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

import sys
import tempfile

import botocore.config
import botocore.session

from emulator import fetch, find_emulator, invoke, read_event, running_stack
from workspace import build


def main():
    emulator = find_emulator()
    bootstrap = build("bin", "bootstrap")
    passed = failed = 0
    with running_stack([build("bin", "stack")]) as (stack, _):
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

    def incident(invoke):
        # Of an id with slashes: as alerts link to it, and as API Gateway hands over what is only percent-encoded.
        for event in ("web-incident", "web-incident-decoded"):
            answer = invoke("web", common, read_event(event))
            found = answer["statusCode"] == 200 and "Trouble arn:aws:health:us-east-1::event" in answer["body"]
            assert found, f"{event}: that is not the page: {answer}"
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

    def console(invoke):
        asked = read_event("console-http")
        accounts = {"ACCOUNTS": "closed", "ACCOUNTS_OWNER": "ops@example.com"} | stack["dispatcher_env"]
        mail = stack["mail_env"] | {"AWS_ENDPOINT_URL_SESV2": stack["ses"]}
        answer = invoke("console", common | accounts | mail, asked)
        assert answer["statusCode"] == 200 and "Send me a link" in answer["body"], f"that is not the page: {answer}"
        asked_of_api = read_event("console-http") | {"rawPath": "/api/v1/account/monitors"}
        refused = invoke("console", common | accounts | mail, asked_of_api)
        expected = (401, "application/problem+json")
        assert (refused["statusCode"], refused["headers"]["content-type"]) == expected, f"not the API: {refused}"
        off = invoke("console", common | {"ACCOUNTS": "off"}, asked)
        assert off["statusCode"] == 404, f"an instance without accounts has such a page: {off}"
        return {key: answer[key] for key in ("statusCode", "headers")}

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
        "web of an incident": incident,
        "web of a private instance": private_web,
        "console": console,
        "feedback": feedback,
    }


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


if __name__ == "__main__":
    main()
