#!/usr/bin/env python3
"""`ringpost eta` and GET /v1/eta: a line measured, a limit, mail that is tried again,
servers that are down, suspended and held mail; one message, one tenant."""
import sys
import time

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Cases, Daemon, Sink, free_port, until

cases = Cases()
TEXT = "From: a@here.test\nSubject: x\n\nHi\n"
HOUR = 3600


def slowly(step):
    """A receiver that takes five messages a second of one domain, and some later."""
    if step.verb == "RCPT" and step.address.startswith("later@"):
        return "451 4.2.1 come again"
    if step.verb == "END" and step.message.addresses[0].endswith("@slow.test"):
        return 0.2, None
    return None


def send(daemon, domain, count, sender="a@here.test", word="to"):
    with daemon.connect() as client:
        for i in range(count):
            client.sendmail(sender, [f"{word}{i}@{domain}"], TEXT)


def eta(daemon, *words):
    return {line["domain"]: line for line in daemon.run_json("eta", *words)}


def limited(daemon, port):
    """A tenant's limit of so many an hour: what it leaves is reckoned with"""
    before = time.time() * 1000
    key = add_key(daemon, "acme", "--tenant", "acme", "--sender", "*")
    Api(port, key).post("/v1/messages", {
        "from": "a@here.test", "text": "x",
        "recipients": [{"to": f"to{i}@hourly.test"} for i in range(130)]}, want=202)
    line = until(lambda: (line := eta(daemon, "hourly.test").get("hourly.test")) and
                 "limit" in line and line, what="the limit")
    hours = (line["all_out_ms"] - before) / 1000 / HOUR
    # 60 an hour, of which 1/32 may go at once.
    cases.check(1.8 < hours < 2.3, f"{hours} hours for {line}")
    cases.equal(list(eta(daemon, "--tenant", "acme")), ["hourly.test"], "the tenant's")
    cases.check("60 messages a hour" in line["limit"], line["limit"])
    said = daemon.run("eta", "hourly.test", status=0).stdout
    cases.check("60 messages a hour" in said and "in 1 h" in said or "in 2 h" in said, said)


def measured(daemon):
    """What went there while there was a line is the rate"""
    send(daemon, "slow.test", 80)
    line = until(lambda: (line := eta(daemon).get("slow.test")) and line["sent"] >= 10 and line,
                 what="ten messages")
    cases.equal(line["basis"], "measured", line)
    left = (line["all_out_ms"] - time.time() * 1000) / 1000
    rate = line["per_minute"] / 60
    cases.check(0.3 < rate < 6, f"{rate} a second")
    cases.check(abs(left - line["ready"] / rate) < 5 + left / 4, f"{left} s for {line}")


def later(daemon, api):
    """Mail that is tried again, one message, over HTTP, and of a tenant"""
    identity = daemon.submit("a@here.test", ["later@again.test"], TEXT)
    line = until(lambda: (line := eta(daemon, identity).get("again.test")) and
                 line["deferred"] and line, what="a deferred message")
    cases.check(line["all_out_ms"] >= line["last_attempt_ms"] > time.time() * 1000 - 1000, line)
    cases.equal(list(eta(daemon, identity)), ["again.test"], "one message")
    answer = api.get("/v1/eta", want=200, domain="again.test")
    cases.equal([i["domain"] for i in answer["items"]], ["again.test"], "over HTTP")
    cases.equal(answer["deferred"], 1, "of all")
    cases.equal(api.get("/v1/eta", want=200, tenant="nobody")["items"], [], "another tenant")
    answer = api.get("/v1/eta", want=200, limit=1)
    cases.equal((len(answer["items"]), "next" in answer), (1, True), "a page")
    cases.check("held" in answer and answer["ready"] > 1, "of all domains together")


def stopped(daemon):
    """Held, suspended, down: what there is no telling of, or only later"""
    send(daemon, "down.test", 1)
    line = until(lambda: (line := eta(daemon).get("down.test")) and
                 line["deferred"] + line["ready"] and "trouble" in line and line, what="trouble")
    daemon.run("suspend", "--domain", "far.test", "--for", "2h", status=0)
    send(daemon, "far.test", 2)
    line = until(lambda: eta(daemon).get("far.test"), what="suspended mail")
    cases.check(1.9 * HOUR < line["all_out_ms"] / 1000 - time.time() < 2.1 * HOUR, line)
    cases.check("suspended_until_ms" in line, line)
    daemon.run("suspend", "--domain", "never.test", status=0)
    send(daemon, "never.test", 1)
    line = until(lambda: eta(daemon).get("never.test"), what="suspended mail")
    cases.check(line.get("suspended") and "all_out_ms" not in line, line)
    daemon.run("queue", "hold", "--domain", "never.test", status=0)
    line = until(lambda: (line := eta(daemon)["never.test"])["held"] and line, what="held mail")
    cases.equal((line["ready"], line["deferred"], line["held"]), (0, 0, 1), "held")
    said = daemon.run("eta", status=0).stdout
    cases.check(said.startswith("DOMAIN") and "All out: " in said, said)
    said = daemon.run("eta", "nowhere.test", status=0).stdout
    cases.equal(said, "Nothing is queued.\n", "nothing")
    cases.equal(daemon.run("eta", "a.test", "b.test").returncode, 2, "two words")


def main():
    port = free_port()
    with Sink(rule=slowly) as sink:
        daemon = Daemon(
            routes=[{"domain": "down.test", "host": "[127.0.0.1]", "port": free_port(),
                     "private_addresses": True},
                    sink.route("slow.test", connections=1), sink.route("*")],
            tenants=[{"name": "acme", "limits": {"messages_per_hour": 60}}])
        add_listener(daemon, port)
        with daemon:
            api = Api(port, add_key(daemon, "reader", "--scope", "read"))
            return cases.run([case(limited, daemon, port), case(measured, daemon),
                              case(later, daemon, api), case(stopped, daemon)])


def case(function, *arguments):
    def run():
        function(*arguments)
    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return run


if __name__ == "__main__":
    sys.exit(main())
