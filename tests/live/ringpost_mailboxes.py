"""Mailboxes for live tests: a daemon that keeps mail of here.test for its accounts and
has POP3 and IMAP listeners.

    with Mailboxes() as daemon:
        daemon.add("bob@here.test")
        daemon.submit("a@here.test", ["bob@here.test"], text)
        imap = daemon.imap("bob@here.test")     # imaplib, logged in; over TLS
        pop3 = daemon.pop3("bob@here.test")     # poplib
"""
import imaplib
import poplib
import ssl

from ringpost_live import PATIENCE, Daemon, free_port

PASSWORD = "a-long-password"
TIMEOUT = 60 * PATIENCE


class Mailboxes(Daemon):
    def __init__(self, config=None, *, pickup=None, **options):
        options.setdefault("tls", True)
        super().__init__(config, pickup=pickup or {},
                         routes=[{"domain": "here.test", "mailbox": True}], **options)
        self.ports = {}
        for role in ("pop3", "imap"):
            for tls in ("starttls", "implicit"):
                port = self.ports[role, tls] = free_port()
                self.config["listeners"].append(
                    {"address": f"127.0.0.1:{port}", "role": role, "tls": tls})
        self.write_config()

    def add(self, name, *options, password=PASSWORD):
        self.run("user", "add", name, *options, input=password + "\n", status=0)

    def trust(self):
        return ssl.create_default_context(cafile=self.certificate)

    def imap(self, name=None, password=PASSWORD, *, tls="implicit"):
        """Logged in as NAME; None: not yet."""
        port = self.ports["imap", tls]
        if tls == "implicit":
            client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=self.trust(),
                                       timeout=TIMEOUT)
        else:
            client = imaplib.IMAP4("127.0.0.1", port, timeout=TIMEOUT)
            client.starttls(self.trust())
        if name:
            client.login(name, password)
        return client

    def pop3(self, name=None, password=PASSWORD, *, tls="implicit"):
        port = self.ports["pop3", tls]
        if tls == "implicit":
            client = poplib.POP3_SSL("127.0.0.1", port, context=self.trust(),
                                     timeout=TIMEOUT)
        else:
            client = poplib.POP3("127.0.0.1", port, timeout=TIMEOUT)
            client.stls(self.trust())
        if name:
            client.user(name)
            client.pass_(password)
        return client
