#!/usr/bin/env python3
"""Leaving a list by mail: the address that List-Unsubscribe names, mail sent there, and
who gets no more; what was made up changes nothing and is answered alike."""
import email
import email.policy
import json
import re
import urllib.parse

from port25 import Receiver, Stranger, bring
from ringpost_http import Api, add_key, add_listener
from ringpost_live import Sink, free_port, until

MAILTO = "leave@sender.test"


class Place:
    def __init__(self, daemon, sink, port, key):
        self.daemon, self.sink, self.port, self.key = daemon, sink, port, key

    def send(self, recipient, stream="bulk"):
        """Status of a message to RECIPIENT: 202, or 422 where it is refused."""
        return Api(self.port, self.key).post("/v1/messages", {
            "from": "a@sender.test", "text": "x", "to": recipient, "stream": stream})[0]

    def mailto(self, recipient):
        """(address, subject) of the mailto that a message to RECIPIENT names."""
        assert self.send(recipient) == 202, recipient
        got = until(lambda: [m for m in self.sink.messages if recipient in m.addresses],
                    what=recipient)
        message = email.message_from_bytes(got[-1].data, policy=email.policy.compat32)
        links = re.findall(r"<([^>]+)>", message["List-Unsubscribe"])
        assert len(links) == 2 and links[0].startswith("https://"), links
        url = urllib.parse.urlsplit(links[1])
        assert url.scheme == "mailto" and url.path.startswith("leave-"), links
        return url.path, urllib.parse.parse_qs(url.query)["subject"][0]

    def leave(self, to, subject, sender):
        text = f"From: Somebody <{sender}>\nTo: {to}\nSubject: {subject}\n\n"
        return bring(self.daemon, sender, [to], text)

    def is_left(self, recipient, tenant="shop/bulk"):
        return self.daemon.run("suppression", "check", recipient, "--tenant",
                               tenant).returncode == 1

    def told(self):
        return [e for line in self.daemon.run("events", "--json").stdout.splitlines()
                if (e := json.loads(line))["event"] == "unsubscribed"]

    def refused(self, reason, **fields):
        return self.daemon.wait_event("unsubscribe_refused", reason=reason, **fields)


def taken(reply):
    """What everybody hears, but for the id."""
    code, said = reply
    assert code == 250 and re.fullmatch(r"2\.0\.0 Ok: taken as [0-9a-z]{16}", said), reply
    return True


def check_leaving(place):
    """As the mailto says, and again; other streams' mail still comes."""
    to, subject = place.mailto("al@x.test")
    assert taken(place.leave(to, subject, "al@x.test"))
    assert place.send("al@x.test") == 422 and place.send("al@x.test", "transactional") == 202
    entered = place.daemon.wait_event("suppression_entered", address="al@x.test")
    assert (entered["reason"], entered["tenant"], entered["detail"]) == (
        "unsubscribe", "shop/bulk", "by mail"), entered
    event, = until(place.told, what="it is told")
    assert (event["rcpt"], event["message"], event["tenant"]) == (
        "al@x.test", entered["id"], "shop"), event
    # By one half alone, and from elsewhere: he has left.
    assert taken(place.leave(MAILTO, subject, "al@elsewhere.test"))
    assert taken(place.leave(to, "unsubscribe", "al@x.test"))
    assert len(place.told()) == 1, place.told()


def check_halves(place):
    """A program that drops the subject; one that drops the digits; one that writes large."""
    to, _ = place.mailto("bo@x.test")
    assert taken(place.leave(to.upper(), "unsubscribe", "Bo@X.test"))
    assert place.is_left("bo@x.test") and place.send("bo@x.test") == 422
    _, subject = place.mailto("cy@x.test")
    assert taken(place.leave(MAILTO, "Re: " + subject, "cy@forwarded.test"))
    assert place.is_left("cy@x.test")
    # Nobody's sender: a program that sends no From of its own.
    to, subject = place.mailto("di@x.test")
    assert taken(bring(place.daemon, "", [to], f"Subject: {subject}\n\n"))
    assert place.is_left("di@x.test")


def change(text, at):
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1:]


def check_wrong(place):
    """Made up, changed, somebody else's: 250 as for all, and nothing happens."""
    to, subject = place.mailto("ed@x.test")
    sent = len(place.sink.messages)
    assert taken(place.leave(to, "unsubscribe", "eve@x.test"))
    place.refused("sender", to=to, **{"from": "eve@x.test"})
    for where, what, sender in ((change(to, 30), change(subject, 40), "ed@x.test"),
                                (MAILTO, "unsubscribe", "ed@x.test"),
                                (MAILTO, subject[:-1], "ed@x.test"),
                                (MAILTO, "A" * 900, "ed@x.test")):
        assert taken(place.leave(where, what, sender))
        place.refused("unsigned", to=where)
    with Stranger(place.daemon) as stranger:
        stranger.ehlo_or_helo_if_needed()
        assert stranger.mail("")[0] == 250
        # One is for one; what is not of its form is nobody's.
        assert stranger.rcpt("leave-" + "0" * 50 + "@sender.test")[0] == 550
        assert stranger.rcpt("leave@other.test")[0] == 550
        assert stranger.rcpt("postmaster@other.test")[0] == 550
        assert stranger.rcpt("leave-" + "0" * 51 + "@sender.test")[0] == 250
    with Stranger(place.daemon) as stranger:  # RFC 5321 4.5.1
        stranger.ehlo_or_helo_if_needed()
        assert stranger.mail("a@x.test")[0] == 250
        assert stranger.rcpt("postmaster@sender.test")[0] == 250
    code, said = bring(place.daemon, "eve@x.test", [to, MAILTO], "Subject: x\n\n")
    assert code == 452, said
    assert not place.is_left("ed@x.test") and place.send("ed@x.test") == 202
    until(lambda: len(place.sink.messages) > sent, what="the message to him")
    assert all(m.addresses == ["ed@x.test"] for m in place.sink.messages[sent:]), "told back"


def check_full(place):
    """The list has no room: not done, so it is not said; and done when it has."""
    to, subject = place.mailto("full@x.test")
    others = [f"o{i}@x.test" for i in range(2)]
    for other in others:
        place.daemon.run("suppression", "add", other, status=0)
    code, said = place.leave(to, subject, "full@x.test")
    assert code == 451, said
    place.daemon.run("suppression", "remove", others[0], status=0)
    assert taken(place.leave(to, subject, "full@x.test"))
    assert place.is_left("full@x.test")


def check_away(place):
    """Redis away: it has to come again, and then he has left, and it is told."""
    to, subject = place.mailto("away@x.test")
    place.daemon.kill_redis(19)  # SIGSTOP
    try:
        code, said = place.leave(to, subject, "away@x.test")
        assert code in (451, 452), said
    finally:
        place.daemon.kill_redis(18)
    until(lambda: place.leave(to, subject, "away@x.test")[0] == 250, what="it is taken")
    assert place.is_left("away@x.test")
    until(lambda: [e for e in place.told() if e["rcpt"] == "away@x.test"], what="it is told")


def check_counts(place):
    text = Api(place.port).get("/metrics", want=200)
    counts = dict(re.findall(r'ringpost_unsubscribes_total\{by="mail",result="(\w+)"\} (\d+)',
                             text))
    assert counts == {"good": "8", "refused": "5"}, counts


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Receiver(routes=[sink.route("*")], events={"stream": True},
                          receive={"postmaster": "post@sender.test"},
                          tenants=[{"name": "acme"}, {"name": "shop"}],
                          suppression={"entries": 7},
                          unsubscribe={"url": "https://mail.test.example",
                                       "streams": ["bulk"], "mailto": MAILTO})
        add_listener(daemon, port, "api", "metrics")
        with daemon:
            key = add_key(daemon, "shop", "--sender", "*", "--tenant", "shop")
            place = Place(daemon, sink, port, key)
            for check in (check_leaving, check_halves, check_away, check_wrong, check_full,
                          check_counts):
                check(place)
                print(f"{check.__name__}: good", flush=True)
    print("unsubscribe_mail: good")


if __name__ == "__main__":
    main()
