"""Runs statuswire with a real SMTP server (aiosmtpd) and a recipient who acts as mail clients do: the recipient consents
at the link, gets a test alert, unsubscribes by RFC 8058, and gets nothing more. Python's own `email` package reads every
mail. A second round sends through STARTTLS with a login.

Run by .ci/run with a Python that has .ci/requirements.txt. Everything stays on loopback.
"""

import contextlib
import email
import email.policy
import json
import os
import queue
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from workspace import ROOT, build

ADDRESS = "on-call@example.com"
TIMEOUT = 60  # seconds for one mail or start, far more than it takes


class Mailbox:
    """The mails that aiosmtpd accepted, parsed."""

    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.put((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 2.0.0 taken"

    def next(self):
        sender, recipients, message = self.mails.get(timeout=TIMEOUT)
        assert sender == "alerts@example.com" and recipients == [ADDRESS], (sender, recipients)
        assert not message.defects, message.defects
        kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
        assert kinds == ["text/plain", "text/html"], kinds
        return message

    def is_empty(self):
        return self.mails.empty()


def main():
    binary = build("bin", "statuswire")
    sender = build("example", "send")
    with tempfile.TemporaryDirectory() as folder:
        consent(binary, Path(folder))
        starttls(sender, Path(folder))
    print("mail: passed")


def consent(binary, folder):
    mailbox = Mailbox()
    smtp, web = free_ports(2)
    controller = Controller(mailbox, hostname="127.0.0.1", port=smtp)
    controller.start()
    config = folder / "statuswire.toml"
    config.write_text(
        f"""
        [instance]
        public_url = "https://status.example.com"
        [network]
        allow = ["127.0.0.0/8"]
        [mail]
        from = "Status <alerts@example.com>"
        smtp = "smtp://127.0.0.1:{smtp}?tls=none"
        [[destination]]
        id = "on-call"
        channel = "email"
        address = "{ADDRESS}"
        zone = "Europe/Berlin"
        """
    )
    data = folder / "data"

    def test():
        command = [binary, "test", "on-call", "--config", config, "--data", data]
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    with serving([binary, "serve", "--config", config, "--data", data, "--no-catalogue", "--no-replay"], web):
        question = mailbox.next()
        text = question.get_body(("plain",)).get_content()
        link = here(re.search(r"https://status\.example\.com/mail/[0-9a-f]{32}", text)[0], web)
        fetch(link)
        again = test()
        assert "confirmation request sent" in again.stdout, again
        assert mailbox.next()["Subject"] == question["Subject"]
        print("  before consent: only the question is mailed")

        fetch(link + "/confirm", b"")
        tested = test()
        assert tested.returncode == 0 and "<- 250" in tested.stdout, tested
        alert = mailbox.next()
        assert alert["To"].addresses[0].addr_spec == ADDRESS
        assert alert["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        target = here(re.fullmatch(r"<(.+)>", alert["List-Unsubscribe"].split(",")[0].strip())[1], web)
        print(f"  after consent: {alert['Subject']!r} arrived")

        assert fetch(target.removesuffix("/unsubscribe")).count("Unsubscribe") > 0
        assert test().returncode == 0, "a GET unsubscribed"
        mailbox.next()
        fetch(target, b"List-Unsubscribe=One-Click")
        refused = test()
        assert refused.returncode != 0 and "unsubscribed" in refused.stderr, refused
        assert mailbox.is_empty()
        print("  after one-click unsubscribing: nothing is mailed")
    controller.stop()


def here(link, port):
    """Where a reverse proxy would lead it."""
    return link.replace("https://status.example.com", f"http://127.0.0.1:{port}")


def starttls(sender, folder):
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def login(server, session, envelope, mechanism, data):
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"status", b"p@ss/word")
        return AuthResult(success=right, handled=False)

    mailbox = Mailbox()
    (port,) = free_ports(1)
    controller = Controller(
        mailbox,
        hostname="localhost",
        port=port,
        tls_context=context,
        require_starttls=True,
        authenticator=login,
        auth_required=True,
    )
    controller.start()
    message = (
        f"From: alerts@example.com\r\nTo: {ADDRESS}\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n.dot\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>.dot</p>\r\n--b--\r\n"
    )

    def send(password):
        url = f"smtp://status:{password}@localhost:{port}"
        command = [sender, url, "alerts@example.com", ADDRESS, certificate]
        return subprocess.run(command, input=message, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    sent = send("p%40ss%2Fword")
    assert sent.stdout.startswith("250"), sent
    assert mailbox.next().get_body(("plain",)).get_content().strip() == ".dot"
    refused = send("wr0ng")
    assert refused.stdout.startswith("535") and "wr0ng" not in refused.stdout + refused.stderr, refused
    assert mailbox.is_empty()
    controller.stop()
    print("  STARTTLS with a login: taken, and refused with a wrong password")


@contextlib.contextmanager
def serving(command, port):
    """Yields a function that returns what the instance has printed so far."""
    command += ["--listen", f"127.0.0.1:{port}"]
    log = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        # Not `read`: the position of the file is the process's as well.
        yield lambda: os.pread(log.fileno(), 1 << 20, 0).decode()
    except BaseException:
        log.seek(0)
        print(log.read())
        raise
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [opened.getsockname()[1] for opened in sockets]


def fetch(url, body=None):
    # No proxy: it could not reach loopback. No redirect: one-click unsubscribing must not need one.
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    with opener.open(urllib.request.Request(url, body), timeout=TIMEOUT) as response:
        assert response.status == 200, response.status
        return response.read().decode()


if __name__ == "__main__":
    os.environ.setdefault("CARGO_TERM_COLOR", "never")
    main()
