#!/usr/bin/env python3
"""ringpost-bench source over HTTP: against the daemon, with ledgers that say what came of
each message; and against a server of a few lines, which can also do wrong.

bench_http.py RINGPOST-BENCH
"""
import json
import socket
import socketserver
import subprocess
import sys
import threading

import bench_tools as b
from ringpost_http import add_key, add_listener
from ringpost_live import Cases, Daemon, free_port, until

b.PROGRAM = sys.argv[1]
cases = Cases()
check, equal = cases.check, cases.equal
WAYS = [[], ["--ahead", 4], ["--batch", 25], ["--batch", 7, "--ahead", 3, "--per-session", 40],
        ["--size", "1k,300k", "--batch", 5], ["--recipients", 20], ["--rate", "500/s"]]


def key_file(folder, text):
    with open(folder.file("key"), "w", encoding="ascii") as file:
        file.write(text + "\n")
    return folder.file("key")


def delivered():
    """Each way: what was acked was delivered, byte for byte"""
    port = free_port()
    for way in WAYS:
        with b.Folder() as folder, b.Sink(folder) as sink:
            daemon = Daemon(routes=[{"domain": "*", "host": "[127.0.0.1]", "port": sink.port,
                                     "tls": "none", "private_addresses": True}])
            add_listener(daemon, port)
            with daemon:
                key = key_file(folder, add_key(daemon, "bench", "--sender", "*"))
                sent = b.source(folder, f"http://127.0.0.1:{port}", "--messages", 100,
                                "--sessions", 3, "--key-file", key, *way)
                equal((sent.process.returncode, sent.report["errors"]), (0, []), way)
                equal(sent.messages["acked"], 100, way)
                until(lambda: not any(
                    daemon.run_json("queue", "count")[0]["states"].values()), what=f"{way}: sent")
                ids = {line[-1] for line in folder.lines("source")}
                equal(len(ids), 100, f"{way}: ids in the ledger")
                check(daemon.run("why", ids.pop()).returncode == 0, "the daemon knows one")
            sink.stop()
            status, counts = b.audit(folder)
            equal((status, counts["delivered"], counts["corrupted"]),
                  (0, 2000 if "--recipients" in way else 100, 0), f"{way}: {counts}")


def refused():
    """A wrong key, a sender that is not the key's: counted, with the reason"""
    port = free_port()
    daemon = Daemon(routes=[{"domain": "*", "discard": True}])
    add_listener(daemon, port)
    with daemon, b.Folder() as folder:
        target, options = f"http://127.0.0.1:{port}", ["--messages", 10]
        wrong = b.source(folder, target, *options, "--key-file", key_file(folder, "rp_no"))
        equal(wrong.messages["refused"], 10, wrong.report)
        check(any(text.startswith("http: 401") for text in wrong.texts()), wrong.texts())
        key = key_file(folder, add_key(daemon, "bench", "--sender", "@mine.test"))
        for batch in 1, 5:
            other = b.source(folder, target, *options, "--key-file", key, "--batch", batch)
            equal((other.messages["acked"], other.messages["refused"]), (0, 10), other.report)
            check(any("sender_not_allowed" in text for text in other.texts()), other.texts())
        own = b.source(folder, target, *options, "--key-file", key, "--from", "a%d@mine.test")
        equal(own.messages["acked"], 10, own.report)


def https():
    """https://, resumed and verified; and not with a name that is not there"""
    port = free_port()
    daemon = Daemon(routes=[{"domain": "*", "discard": True}], tls=True, names=["localhost"])
    daemon.config["listeners"].append({"address": f"127.0.0.1:{port}", "role": "http",
                                       "tls": "implicit", "serves": ["api"]})
    daemon.write_config()
    with daemon, b.Folder() as folder:
        options = ["--messages", 60, "--per-session", 20, "--verify", "--ca", daemon.certificate,
                   "--key-file", key_file(folder, add_key(daemon, "b", "--sender", "*"))]
        good = b.source(folder, f"https://localhost:{port}", *options)
        equal((good.messages["acked"], good.report["errors"]), (60, []), good.report)
        check(good.report["microseconds"]["tls"]["count"] >= 3, "handshakes are timed")
        bad = b.source(folder, f"https://localhost:{port}", *options, "--tls-name", "other.test")
        equal((bad.process.returncode, bad.messages["acked"]), (1, 0), bad.report)


class Odd(socketserver.ThreadingTCPServer):
    """Answers request N with ANSWERS[N] (bytes; None: hangs up), the last for ever."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, *answers):
        super().__init__(("127.0.0.1", 0), None)
        self.answers, self.lock, self.bodies = list(answers), threading.Lock(), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        with request.makefile("rb") as lines:
            while head := lines.readline():
                size = 0
                while head.strip():
                    name, _, value = head.partition(b":")
                    size = int(value) if name.lower() == b"content-length" else size
                    head = lines.readline()
                body = lines.read(size)
                with self.lock:
                    self.bodies.append(json.loads(body))
                    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer is None:
                    return request.shutdown(socket.SHUT_RDWR)
                request.sendall(answer)

    def source(self, *options):
        with b.Folder() as folder:
            return b.source(folder, f"http://127.0.0.1:{self.server_address[1]}", "--messages", 6,
                            "--key-file", key_file(folder, "k"), *options)

    def __exit__(self, *_):
        self.shutdown()
        super().__exit__()


def said(status, body, *fields):
    body = json.dumps(body).encode()
    return b"\r\n".join([b"HTTP/1.1 %d x" % status, *fields,
                         b"content-length: %d" % len(body), b"", body])


def odd():
    """Refused for now, hung up on, closed behind an answer, answered with nonsense"""
    good, later = said(202, {"id": "x"}), said(503, {"title": "not now"})
    with Odd(later, later, good) as server:
        sent = server.source("--persist", "--retry-after", "10ms")
        equal((sent.messages["acked"], sent.messages["again"]), (6, 2), sent.report)
    with Odd(later, good) as server:
        equal(server.source().messages["refused"], 1, "without --persist")
    with Odd(good, None, good) as server:
        sent = server.source()
        equal((sent.messages["acked"], sent.messages["unknown"]), (5, 1), sent.report)
    # Whoever closes does nothing of what is behind (RFC 9112 9.6): it is sent again.
    with Odd(good, said(202, {"id": "x"}, b"Connection: close"), good) as server:
        sent = server.source("--ahead", 3)
        equal((sent.messages["acked"], sent.messages["unknown"]), (6, 0), sent.report)
    with Odd(said(202, {"messages": [{"id": "a"}, {"status": 422, "code": "why"}]})) as server:
        sent = server.source("--batch", 3)
        equal((sent.messages["acked"], sent.messages["refused"]), (2, 4), sent.report)
        equal({len(body["messages"]) for body in server.bodies}, {3}, "messages of a request")
    for nonsense in b"220 mx.test ESMTP\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", \
            b"HTTP/1.1 202 x\r\n\r\n", b"HTTP/1.1 202 x\r\nContent-Length: 99999999\r\n\r\n":
        with Odd(nonsense) as server:
            sent = server.source("--timeout", "5s")
            equal((sent.messages["acked"], sent.messages["unknown"]), (0, 6), sent.report)


def usage():
    """What does not go together is said, and nothing is sent"""
    with b.Folder() as folder:
        key = key_file(folder, "k")
        for words, text in (
                (["http://127.0.0.1:1"], "--key-file"),
                (["http://127.0.0.1:1", "--key-file", key, "--lockstep"], "--lockstep"),
                (["http://127.0.0.1:1", "127.0.0.1:25", "--key-file", key], "not both"),
                (["http://127.0.0.1:1", "https://127.0.0.1:1", "--key-file", key], "not both"),
                (["http://127.0.0.1:1/other", "--key-file", key], "the path is"),
                (["ftp://127.0.0.1:1", "--key-file", key], "http://"),
                (["http://127.0.0.1:1", "--key-file", key, "--from", "<>"], "--from"),
                (["127.0.0.1:1", "--batch", "2"], "--batch")):
            got = subprocess.run([b.PROGRAM, "source", *words, "--messages", "1"],
                                 capture_output=True, text=True, timeout=60)
            check(got.returncode == 2 and text in got.stderr, f"{words}: {got}")


sys.exit(cases.run([delivered, refused, https, odd, usage]))
