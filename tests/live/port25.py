"""Port 25 for live tests: a daemon that receives, and strangers who bring it mail.

    with Dns(txt={…}) as dns, Sink() as sink, \\
            Receiver(dns, domains=[…], routes=[sink.route("*")]) as daemon:
        with Stranger(daemon, "192.0.2.1") as stranger:
            stranger.bring("a@good.test", ["b@local.test"], text)

Whoever connects says by the PROXY protocol whose connection it is, so that a test
has strangers of any address.
"""
import smtplib

from ringpost_live import PATIENCE, Daemon, free_port
from smtp_raw import Raw


class Receiver(Daemon):
    def __init__(self, dns=None, *, domains=(), receive=None, **sections):
        super().__init__(receive={"greeting_pause": "0s", "domains": list(domains),
                                  **(receive or {})}, **sections)
        if dns:
            self.config["dns"] = {"servers": [dns.address]}
        self.port25 = free_port()
        self.config["listeners"].append({
            "address": f"127.0.0.1:{self.port25}", "role": "receive",
            "tls": "starttls" if self.certificate else "none",
            "proxy_protocol": ["127.0.0.1"]})
        self.write_config()


def proxy_line(address):
    family, ours = ("TCP6", "2001:db8::25") if ":" in address else ("TCP4", "198.51.100.25")
    return f"PROXY {family} {address} {ours} 40000 25\r\n".encode()


class Stranger(smtplib.SMTP):
    """smtplib from ADDRESS. `bring` gives the reply to the message, or the first that
    refused it: (code, text)."""

    def __init__(self, daemon, address="192.0.2.1", helo="client.test"):
        self.address = address
        super().__init__("127.0.0.1", daemon.port25, helo, timeout=60 * PATIENCE)

    def _get_socket(self, host, port, timeout):
        made = super()._get_socket(host, port, timeout)
        made.sendall(proxy_line(self.address))
        return made

    def bring(self, sender, recipients, text, mail=(), rcpt=()):
        self.ehlo_or_helo_if_needed()
        replies = [self.mail(sender, mail)]
        replies += [self.rcpt(r, rcpt) for r in recipients]
        for code, said in replies:
            if code // 100 != 2:
                self.rset()
                return code, said.decode()
        if isinstance(text, str):
            text = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        try:
            code, said = self.data(text)
        except smtplib.SMTPDataError as refusal:  # DATA itself: it cannot be taken now
            code, said = refusal.smtp_code, refusal.smtp_error
        return code, said.decode()


def bring(daemon, sender, recipients, text, address="192.0.2.1", **more):
    """The same over a connection of its own."""
    with Stranger(daemon, address) as stranger:
        return stranger.bring(sender, recipients, text, **more)


class RawStranger(Raw):
    """The same byte by byte."""

    def __init__(self, daemon, address="192.0.2.1", greet=True, **more):
        super().__init__(daemon.port25, greet=False, **more)
        self.send(proxy_line(address))
        if greet:
            self.reply()


def queue_id(reply):
    """Of (250, "2.0.0 Ok: queued as ID")."""
    return reply[1].rsplit(" ", 1)[-1]
