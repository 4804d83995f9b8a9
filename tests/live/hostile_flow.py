#!/usr/bin/env python3
"""What waits in the queue goes on as soon as its site has room, whoever else asks."""
import sys
import threading
import time

from ringpost_live import PATIENCE, Cases, Daemon, Sink

SESSIONS, EACH = 30, 50
cases = Cases()


def longest_gap(domains):
    """Hands in much faster than the sink takes it; the longest time nothing arrived."""
    def slow(step):
        return (0.05, None) if step.verb == "END" else None

    def hand_in(daemon, session):
        with daemon.connect() as client:
            for i in range(EACH):
                client.sendmail(
                    "a@sender.test", [f"b@r{(session + i) % domains}.test"],
                    b"Subject: x\r\n\r\nHello\r\n")

    with Sink(rule=slow) as sink, Daemon(routes=[sink.route("*")]) as daemon:
        threads = [threading.Thread(target=hand_in, args=(daemon, i))
                   for i in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times = [m.at for m in sink.wait(SESSIONS * EACH, 60 * PATIENCE)]
        time.sleep(0.2)
        cases.equal(len(sink.messages), SESSIONS * EACH, "messages, none twice")
    return max(b - a for a, b in zip(times, times[1:]))


def one_domain():
    """More than a site lets wait goes on without a pause"""
    gap = longest_gap(1)
    cases.check(gap < 4 * PATIENCE, f"{gap:.1f} s without a delivery")


def many_domains():
    """So do fifty domains of one site"""
    gap = longest_gap(50)
    cases.check(gap < 4 * PATIENCE, f"{gap:.1f} s without a delivery")


sys.exit(cases.run([one_domain, many_domains]))
