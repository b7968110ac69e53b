"""Checks our calendars, feeds and badges with independent parsers.

Run by .ci/run with a Python that has .ci/requirements.txt. The samples are printed by the example `feeds` of `web`,
which fills a store with hostile texts and requests them from the router. Each checker must also reject broken samples,
because one that accepts everything proves nothing.
"""

import datetime
import html.parser
import json
import re
import subprocess
import sys

import feedparser
import icalendar
from lxml import etree

from workspace import build

ATOM = "{http://www.w3.org/2005/Atom}"
SVG = "{http://www.w3.org/2000/svg}"
MAX_LINE_OCTETS = 75  # octets without CRLF, RFC 5545 section 3.1
MAX_ENTRIES = 50
MAX_PROBLEMS = 5  # printed per sample
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def main():
    document = json.loads(subprocess.run([build("example", "feeds")], stdout=subprocess.PIPE, check=True).stdout)
    titles, origin = document["titles"], document["origin"]
    checkers = {
        "text/calendar; charset=utf-8": lambda text: calendar_problems(text, titles, origin),
        "application/atom+xml; charset=utf-8": lambda text: feed_problems(text, titles, origin),
        "image/svg+xml; charset=utf-8": badge_problems,
    }
    seen = set()
    failed = 0
    for sample in document["samples"]:
        problems_of = checkers[sample["type"]]
        problems = list(problems_of(sample["text"]))
        if (sample["status"] == 404) != ("nobody" in sample["url"]):
            problems.append(f"status {sample['status']}")
        if sample["type"] not in seen and not problems:
            problems += [f"accepted: {name}" for name, wrong in broken(sample) if not list(problems_of(wrong))]
        seen.add(sample["type"])
        print(f"{sample['url']}: {len(sample['text'])} characters, {len(problems)} problems")
        for problem in problems[:MAX_PROBLEMS]:
            print(f"  {problem}")
        failed += bool(problems)
    if missing := checkers.keys() - seen:
        failed += 1
        print(f"not among the samples: {sorted(missing)}")
    print(f"feeds: {len(document['samples'])} samples, {failed} failed")
    sys.exit(1 if failed else 0)


def broken(sample):
    """Broken variants of a sample: name and text."""
    text = sample["text"]
    if sample["type"].startswith("text/calendar"):
        return [
            ("bare line feeds", text.replace("\r\n", "\n")),
            ("a line that is not folded", text.replace("\r\n ", "")),
            ("no end", text[: len(text) // 2]),
            ("no UID", re.sub(r"UID:[^\r]*\r\n", "", text, count=1)),
            ("the same UID twice", re.sub(r"UID:[^\r]*", "UID:x", text)),
            ("local time", re.sub(r"(DTSTART:\w+)Z", r"\1", text, count=1)),
            ("no cancelled event", text.replace("STATUS:CANCELLED", "STATUS:CONFIRMED")),
            ("an injected event", text.replace("\\nEND:VEVENT", "\r\nEND:VEVENT", 1)),
        ]
    if sample["type"].startswith("application/atom"):
        return [
            ("an entity of HTML", text.replace("&lt;p&gt;", "&nbsp;", 1)),
            ("a control character", text.replace("<title>", "<title>\x01", 1)),
            ("an element as text", text.replace("&lt;p&gt;", "&lt;script&gt;&lt;p&gt;", 1)),
            ("no id", re.sub(r"(<entry>)<id>.*?</id>", r"\1", text, count=1, flags=re.S)),
            ("the same id twice", re.sub(r"<id>.*?</id>", "<id>tag:x,2026:x</id>", text, flags=re.S)),
            ("no time", re.sub(r"(.*)<updated>.*?</updated>", r"\1", text, count=1, flags=re.S)),
            ("no end", text[: len(text) // 2]),
        ]
    return [
        ("a script", text.replace("<rect", "<script/><rect", 1)),
        ("no title", re.sub(r"<title>.*?</title>", "", text)),
        ("a link", text.replace("<rect", '<rect onclick="x"', 1)),
    ]


# Calendars


def calendar_problems(text, titles, origin):
    if re.search(r"\r(?!\n)|(?<!\r)\n", text):
        yield "a line that does not end in CRLF"
    if (longest := max(len(line.encode()) for line in text.split("\r\n"))) > MAX_LINE_OCTETS:
        yield f"a line of {longest} octets"
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except ValueError as error:
        yield f"not parsed: {error}"
        return
    for component in calendar.walk():
        yield from (f"{component.name}: {error}" for error in component.errors)
    events = calendar.walk("VEVENT")
    if len(events) != len(titles):
        yield f"{len(events)} events instead of {len(titles)}"
    if len({event.get("UID") for event in events} - {None}) != len(events):
        yield "a UID is missing or duplicated"
    wanted = {normalized(title)[:200] for title in titles}
    found = {normalized(str(event.get("SUMMARY", "")).removeprefix("Acme: "))[:200] for event in events}
    if wanted != found:
        yield f"other titles: {wanted ^ found}"
    if [str(event.get("STATUS")) for event in events].count("CANCELLED") != 1:
        yield "not exactly one cancelled event"
    for event in events:
        yield from event_problems(event, origin)


def event_problems(event, origin):
    for name in ("DTSTAMP", "DTSTART", "LAST-MODIFIED") + (("DTEND",) if "DTEND" in event else ()):
        at = event.decoded(name)
        if not isinstance(at, datetime.datetime) or at.utcoffset() != datetime.timedelta(0):
            yield f"{name} is {at}, not a UTC time"
    if "DTEND" in event and event.decoded("DTEND") <= event.decoded("DTSTART"):
        yield "it ends before it begins"
    if not 0 <= int(event.get("SEQUENCE", -1)) < 2**31:
        yield f"SEQUENCE {event.get('SEQUENCE')}"
    if not str(event.get("URL", "")).startswith(f"{origin}/maintenances/acme/"):
        yield f"URL {event.get('URL')}"
    if [str(category) for category in event.categories] != ["Acme"]:
        yield f"CATEGORIES {event.categories}"


def normalized(text):
    """A text without control characters and with single spaces, which is what must survive."""
    return " ".join(CONTROLS.sub(" ", text.replace("\\n", " ")).split())


# Feeds


def feed_problems(text, titles, origin):
    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        yield f"invalid XML: {error}"
        return
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            if len(element.findall(ATOM + name)) != 1:
                yield f"{element.tag} does not have exactly one {name}"
    feedparser.SANITIZE_HTML = False
    feed = feedparser.parse(text.encode(), response_headers={"content-type": "application/atom+xml; charset=utf-8"})
    if feed.bozo:
        yield f"feedparser: {feed.bozo_exception!r}"
    if feed.version != "atom10":
        yield f"feedparser detects {feed.version}"
    if len(feed.entries) != min(2 * len(titles), MAX_ENTRIES):
        yield f"{len(feed.entries)} entries"
    if len({entry.get("id") for entry in feed.entries}) != len(feed.entries):
        yield "an id is duplicated"
    if [entry.get("updated") for entry in feed.entries] != sorted((e.get("updated") for e in feed.entries), reverse=True):
        yield "the newest is not first"
    for entry in feed.entries:
        if not entry.get("link", "").startswith((f"{origin}/incidents/acme/", f"{origin}/maintenances/acme/")):
            yield f"link to {entry.get('link')}"
        if not entry.get("updated_parsed") or not entry.get("published_parsed"):
            yield f"times {entry.get('updated')}, {entry.get('published')}"
        if not entry.get("id", "").startswith("tag:statuswire,2026:"):
            yield f"id {entry.get('id')}"
        for content in entry.get("content", []):
            markup = Markup()
            markup.feed(content.value)
            markup.close()
            yield from markup.problems


class Markup(html.parser.HTMLParser):
    ALLOWED = {"p", "strong", "em", "br", "a", "ul", "ol", "li", "code", "pre", "div", "blockquote", "hr"}
    ALLOWED |= {f"h{level}" for level in range(1, 7)}

    def __init__(self):
        super().__init__()
        self.problems = []

    def handle_starttag(self, tag, attributes):
        if tag not in self.ALLOWED:
            self.problems.append(f"tag {tag}")
        for name, value in attributes:
            if name not in {"class", "dir", "rel", "href", "start"}:
                self.problems.append(f"attribute {name}")
            if name == "href" and not (value or "").startswith(("https://", "http://")):
                self.problems.append(f"link to {value}")


# Badges


def badge_problems(text):
    try:
        root = etree.fromstring(text.encode())
    except etree.XMLSyntaxError as error:
        yield f"invalid XML: {error}"
        return
    if root.tag != f"{SVG}svg" or root.get("role") != "img":
        yield "not an svg with role img"
    if len(root.findall(f"{SVG}title")) != 1:
        yield "not exactly one title"
    for element in root.iter():
        if element.tag.removeprefix(SVG) not in {"svg", "title", "rect", "path", "g", "text"}:
            yield f"element {element.tag}"
        if any(name.startswith(("on", "{")) or name in {"href", "style"} for name in element.attrib):
            yield f"attributes {dict(element.attrib)}"


if __name__ == "__main__":
    main()
