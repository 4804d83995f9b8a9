#!/usr/bin/env python3
"""Every cap of submission answers clearly and costs bounded memory; false endings end
nothing; what the machine takes away (disk, Redis, the process) loses nothing.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from ringpost_live import PATIENCE, Cases, Daemon, Sink, free_port, make_certificate, until
from smtp_raw import Raw, add_account, client_context, need, parse

need("openssl", "redis-server")
cases = Cases()
check, equal = cases.check, cases.equal
HEADER = b"From: a@sender.test\r\nSubject: %s\r\n\r\n"


def send_text(raw, text, sender="a@sender.test"):
    """MAIL, RCPT, DATA and TEXT as it is; the final reply."""
    reply = raw.begin(sender)
    if reply.code == 250:
        reply = raw.ask("DATA")
    if reply.code != 354:
        return reply
    raw.send(text + b".\r\n")
    return raw.reply()


def memory(daemon):
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def subjects(receiver=None):
    return [parse(m.data)["Subject"] for m in (receiver or sink).messages]


# --- Sizes and counts ---

def recipients():
    "Too many recipients: 452, and the message goes to the rest"
    with Raw(tight.port) as raw:
        check("LIMITS RCPTMAX=5" in raw.hello().text.replace("MAILMAX=4 ", ""), "LIMITS says so")
        raw.ask("MAIL FROM:<a@sender.test>")
        codes = [raw.ask(f"RCPT TO:<b{n}@receiver.test>").code for n in range(8)]
        equal(codes, [250] * 5 + [452] * 3, "replies")
        raw.ask("DATA")
        raw.send(HEADER % b"five" + b"x\r\n.\r\n")
        equal(raw.reply().code, 250, "the message")
    until(lambda: "five" in subjects(), what="its arrival")


def message_size():
    "Too large: refused at MAIL, after DATA, after BDAT, and the session goes on"
    with Raw(tight.port) as raw:
        check("SIZE 102400" in raw.hello().text, "EHLO says it")
        reply = raw.ask("MAIL FROM:<a@sender.test> SIZE=102401")
        equal((reply.code, reply.status), (552, "5.3.4"), "SIZE= too large")
        big = HEADER % b"big" + b"0123456789abcdef\r\n" * 6000
        reply = send_text(raw, big)
        equal((reply.code, reply.status), (552, "5.3.4"), "DATA too large")
        equal(raw.begin().code, 250, "the next one")
        raw.send(b"BDAT %d LAST\r\n" % len(big) + big)
        equal(raw.reply().code, 552, "BDAT too large")
        equal(send_text(raw, HEADER % b"fits" + b"x\r\n").code, 250, "one that fits")


def header():
    "Headers too large or of too many lines; lines too long"
    with Raw(tight.port) as raw:
        raw.hello()
        reply = send_text(raw, b"From: a@sender.test\r\n" + b"X: y\r\n" * 2000 + b"\r\nx\r\n")
        equal((reply.code, reply.status), (552, "5.3.4"), "a large header")
    with Raw(tight.port) as raw:
        raw.hello()
        reply = send_text(raw, b"From: a@sender.test\r\n" + b"X:\r\n" * 300 + b"\r\nx\r\n")
        equal((reply.code, reply.status), (552, "5.3.4"), "a header of many lines")
        reply = send_text(raw, HEADER % b"long" + b"x" * 2000 + b"\r\n")
        check(reply.code in (550, 554, 250), f"a line of 2,000: {reply}")
        equal(raw.ask("NOOP " + "x" * 5000).code, 500, "a command of 5,000")
        equal(raw.ask("NOOP").code, 250, "the session goes on")


def greedy():
    "Endless NOOP that nobody reads the answers to, a line of 50 MB: constant memory"
    before = memory(loose)
    with Raw(loose.port) as raw:
        raw.hello()
        for _ in range(50):
            raw.send(b"NOOP\r\n" * 100000)
        check(memory(loose) - before < 24 << 20, f"memory: {(memory(loose) - before) >> 20} MiB")
        check(raw.has_ended(), "that has an end")
        check(b"421 4.7.0" in raw.input, f"with a word: {raw.input[-200:]!r}")
    with Raw(loose.port) as raw:
        raw.hello()
        for _ in range(50):
            raw.send(b"x" * (1 << 20))
        check(memory(loose) - before < 24 << 20, f"memory: {(memory(loose) - before) >> 20} MiB")
        equal(raw.ask("").code, 500, "the line")
        equal(raw.ask("NOOP").code, 250, "the session goes on")


def errors():
    "Wrong commands: 421 after so many"
    with Raw(tight.port) as raw:
        raw.hello()
        replies = [raw.ask("WHAT") for _ in range(10)]
        equal({r.code for r in replies[:9]}, {500}, "wrong commands")
        last = raw.reply() if replies[-1].code == 500 else replies[-1]
        equal(last.code, 421, "and the end")
        check(raw.has_ended(), "the connection is closed")


def messages_per_session():
    "Messages of a session, messages of an account in an hour"
    with Raw(tight.port) as raw:
        check("MAILMAX=4" in raw.hello().text, "LIMITS says so")
        for n in range(4):
            equal(send_text(raw, HEADER % b"s%d" % n).code, 250, "a message")
        check(raw.ask("MAIL FROM:<a@sender.test>").code in (421, 452), "one too many")
    add_account(tight, "few@sender.test", "pw", options=["--messages-per-hour", "2"])
    with tight.connect(tight.starttls_port) as client:
        client.starttls(context=client_context())
        client.login("few@sender.test", "pw")
        codes = []
        for n in range(3):
            client.mail("few@sender.test")
            client.rcpt("b@receiver.test")
            code = client.docmd("DATA")[0]
            if code == 354:
                client.send(b"From: few@sender.test\r\n\r\nx\r\n.\r\n")
                code = client.getreply()[0]
            codes.append(code)
        equal(codes, [250, 250, 450], "messages an hour")


# --- Time ---

def ends_within(raw, seconds, what):
    start = time.monotonic()
    check(raw.has_ended(seconds + 5), f"{what}: ends")
    took = time.monotonic() - start
    check(took < (seconds + 5) * PATIENCE, f"{what}: after {took:.1f} s")


def drip(raw, data, pause, limit):
    """Sends DATA a byte each PAUSE until the peer closes; the seconds it took."""
    start = time.monotonic()
    raw.socket.settimeout(pause)
    for byte in data:
        raw.send(bytes([byte]))
        try:
            if not raw._read():
                break
        except TimeoutError:
            pass
        if raw.closed or time.monotonic() - start > limit:
            break
    return time.monotonic() - start


def idle():
    "Who says nothing, or a byte now and then, is told 421: a limit is absolute"
    with Raw(tight.port) as raw:
        ends_within(raw, 1.5, "silent after the greeting")
        check(b"421 4.4.2" in raw.input, f"with a word: {raw.input!r}")
    with Raw(tight.port) as raw:
        took = drip(raw, b"EHLO " + b"x" * 400, 0.2, 70)
        check(took < 10 * PATIENCE, f"a byte each 0.2 s of a command: {took:.1f} s")
        check(b"421 4.4.2" in raw.input, f"with a word: {raw.input!r}")
    with Raw(tight.port) as raw:
        raw.hello()
        raw.begin()
        raw.ask("DATA")
        ends_within(raw, 1.5, "silent within a message")
    with Raw(tight.port) as raw:
        raw.hello()
        raw.begin()
        raw.ask("DATA")
        took = drip(raw, HEADER + b"x" * 1000, 0.2, 70)
        check(took < 10 * PATIENCE, f"a byte each 0.2 s of a message: {took:.1f} s")
    with Raw(tight.tls_port, greet=False) as raw:
        # A handshake that never comes has a limit of its own, longer than this test.
        raw.send(b"\x16\x03\x01")
    equal(tight.process.poll(), None, "the daemon lives")


def guessing():
    "Each wrong password is answered later than the one before"
    context = client_context()
    times = []
    for _ in range(4):
        with Raw(guess.tls_port, tls=context) as raw:
            raw.hello()
            start = time.monotonic()
            equal(raw.ask("AUTH PLAIN AGEAYg==").code, 535, "a wrong password")
            times.append(time.monotonic() - start)
    check(times[0] >= 0.09 and times[2] >= 0.39 and times[3] >= 0.79,
          f"delays: {[round(t, 2) for t in times]}")


# --- Smuggling ---

FALSE_ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n\n.\n",
                 b"\r\n.\r.\r\n", b"\r\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n.\r\r\n"]
INJECTED = (b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<victim@receiver.test>\r\nDATA\r\n"
            b"From: evil@sender.test\r\nSubject: smuggled\r\n\r\nx\r\n")


def smuggling():
    "False endings end nothing; bare CR, LF and NUL are refused, in DATA and in BDAT"
    for ending in FALSE_ENDINGS:
        with Raw(loose.port) as raw:
            raw.hello()
            raw.begin()
            raw.ask("DATA")
            raw.send(HEADER % b"outer" + b"x" + ending + INJECTED)
            raw.socket.settimeout(0.05)
            try:
                check(not raw._read(), f"{ending!r} is answered: {raw.input!r}")
            except TimeoutError:
                pass
            raw.socket.settimeout(20)
            raw.send(b"\r\n.\r\n")
            reply = raw.reply()
            equal((reply.code, reply.status), (550, "5.6.0"), f"{ending!r} within DATA")
        with Raw(loose.port) as raw:
            raw.hello()
            raw.begin()
            text = HEADER % b"outer" + b"x" + ending + INJECTED
            raw.send(b"BDAT %d LAST\r\n" % len(text) + text)
            equal(raw.reply().code, 550, f"{ending!r} within BDAT")
    # As content: a dot alone on a line is just that, and goes out as it came.
    with Raw(loose.port) as raw:
        raw.hello()
        text = HEADER % b"dots" + b"x\r\n.\r\n" + INJECTED
        for domain in ("dotted.test", "receiver.test"):
            raw.begin("a@sender.test", f"b@{domain}")
            raw.send(b"BDAT %d LAST\r\n" % len(text) + text)
            equal(raw.reply().code, 250, "a lone dot within BDAT")
    for receiver in (dotted, sink):
        until(lambda: "dots" in subjects(receiver), 20, "its arrival")
        equal([m.data.partition(b"\r\n\r\n")[2] for m in receiver.messages
               if parse(m.data)["Subject"] == "dots"], [b"x\r\n.\r\n" + INJECTED], "whole")
        check("smuggled" not in subjects(receiver), "nothing was smuggled")


def cuts():
    "The true ending is found wherever the packets are cut"
    with Raw(loose.port) as raw:
        raw.hello()
        tail = b"last\r\n.\r\n"
        for cut in range(1, len(tail)):
            raw.begin()
            raw.ask("DATA")
            raw.send(HEADER % b"cut" + tail[:cut])
            time.sleep(0.02)
            raw.send(tail[cut:])
            equal(raw.reply().code, 250, f"cut after {tail[:cut]!r}")
        raw.begin()
        raw.ask("DATA")
        for byte in HEADER % b"cut" + tail:
            raw.send(bytes([byte]))
        equal(raw.reply().code, 250, "byte by byte")


def starttls_injection():
    "What comes behind STARTTLS in the clear is never a command"
    for ahead in (b"NOOP\r\n", b"MAIL FROM:<evil@sender.test>\r\n", b"x"):
        with Raw(loose.starttls_port) as raw:
            raw.hello()
            raw.send(b"STARTTLS\r\n" + ahead)
            reply = raw.reply()
            check(reply.code in (220, 421, 503, 554), f"the answer: {reply}")
            if reply.code == 220:
                try:
                    raw.wrap(client_context())
                    check(False, f"a handshake behind {ahead!r}")
                except OSError:
                    pass
            else:
                check(raw.has_ended(), "the end")


def tls_ends():
    "TLS that ends within a message, in any way: nothing is accepted"
    for way in ("close_notify", "FIN", "RST", "garbage"):
        raw = Raw(loose.tls_port, tls=client_context())
        raw.hello()
        raw.ask("AUTH PLAIN " + "AGFwcEBzZW5kZXIudGVzdABwdw==")  # app@sender.test, pw
        equal(raw.begin("app@sender.test").code, 250, "an envelope")
        raw.ask("DATA")
        raw.send(HEADER % b"broken" + b"x\r\n")
        if way == "close_notify":
            raw.send(b".\r")
            try:
                raw.socket.unwrap()
            except OSError:
                pass
        elif way == "FIN":
            os.close(raw.socket.detach())
        elif way == "RST":
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(raw.socket.detach())
        else:
            with socket.socket(fileno=os.dup(raw.socket.fileno())) as plain:
                plain.sendall(b"\r\n.\r\n" * 100)
                raw.has_ended(5)
        raw.close()
    until(lambda: open_sessions(loose) == 0, 20, "the end of the sessions")
    equal(loose.events("received", account="app@sender.test"), [], "messages accepted")
    check("broken" not in subjects(), "messages delivered")
    equal(loose.process.poll(), None, "the daemon lives")


def open_sessions(daemon):
    return json.loads(daemon.run("status", "--json", status=0).stdout)["sessions"]


# --- Caps on sessions ---

def session_caps():
    "Too many sessions: 421 at once; room again when some end"
    held = [Raw(tight.port) for _ in range(8)]
    equal({r.greeting.code for r in held}, {220}, "as many as there may be")
    start = time.monotonic()
    more = [Raw(tight.port) for _ in range(30)]
    equal({r.greeting.code for r in more}, {421}, "more")
    check(time.monotonic() - start < 5 * PATIENCE, "said fast")
    for one in held + more:
        one.close()

    def room():
        with Raw(tight.port) as raw:
            return raw.greeting.code == 220
    until(room, 10, "room again")
    with Raw(tight.network_port) as raw:
        equal(raw.greeting.code, 554, "from outside the listener's networks")
    with Raw(tight.network_port, source="127.0.0.5") as raw:
        equal(raw.greeting.code, 220, "from inside them")


def account_sessions():
    "An account's sessions have a cap of their own"
    add_account(tight, "two@sender.test", "pw", options=["--sessions", "2"])
    context = client_context()
    login = "AUTH PLAIN " + "AHR3b0BzZW5kZXIudGVzdABwdw=="
    held = []
    codes = []
    for _ in range(3):
        raw = Raw(tight.tls_port, tls=context)
        raw.hello()
        codes.append(raw.ask(login).code)
        held.append(raw)
    equal(codes, [235, 235, 421], "logins")
    for raw in held:
        raw.close()


# --- What the machine takes away ---

def disk():
    "Too little disk: 452, deliveries go on; room again: mail again"
    directory = None
    import tempfile
    folder = tempfile.mkdtemp(prefix="ringpost-disk-")
    try:
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=96m", "none", folder],
            capture_output=True).returncode == 0
        queue = {"free_space": "48 MiB", "segment_size": "1 MiB"} if mounted \
            else {"free_space": "16 TiB"}
        one = Daemon(directory=folder, queue=queue, routes=[sink.route("*")])
        if not mounted:
            with one.start(wait=False):
                until(lambda: one.events("queue_disk"), 20, "an event about the disk")
                with Raw(one.port) as raw:
                    raw.hello()
                    reply = raw.ask("MAIL FROM:<a@sender.test>")
                    equal((reply.code, reply.status), (452, "4.3.1"), "no room")
            return
        with one, open(folder + "/filler", "wb") as filler:
            filler.write(bytes(60 << 20))
            filler.flush()
            one.wait_event("queue_disk")
            with Raw(one.port) as raw:
                raw.hello()
                reply = raw.ask("MAIL FROM:<a@sender.test>")
                equal((reply.code, reply.status), (452, "4.3.1"), "no room")
            os.truncate(filler.fileno(), 0)
            one.wait_event("queue_disk", count=2)
            one.submit("a@sender.test", ["b@receiver.test"],
                       "From: a@sender.test\nSubject: room\n\nx\n")
            until(lambda: "room" in subjects(), what="its arrival")
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True)
        import shutil
        shutil.rmtree(folder, ignore_errors=True)


def redis_frozen():
    "Redis frozen: 451 in time, never a false 250; thawed: mail again, and nothing doubled"
    text = "From: a@sender.test\nSubject: {}\n\nx\n"
    loose.submit("a@sender.test", ["b@receiver.test"], text.format("thaw-before"))
    pid = loose.redis_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        with Raw(loose.port, timeout=90) as raw:
            raw.hello()
            reply = send_text(raw, HEADER % b"thaw-frozen" + b"x\r\n")
            took = time.monotonic() - start
            check(reply.code // 10 == 45, f"the answer: {reply}")
            check(took < 60 * PATIENCE, f"after {took:.1f} s")
            check(raw.ask("NOOP").code in (250, 421), "the session is still in order")
    finally:
        os.kill(pid, signal.SIGCONT)

    def again():
        with Raw(loose.port) as raw:
            raw.hello()
            return send_text(raw, HEADER % b"thaw-after" + b"x\r\n").code == 250
    until(again, 60, "mail again", pause=0.3)
    until(lambda: "thaw-after" in subjects(), 20, "its arrival")
    time.sleep(1)
    equal(subjects().count("thaw-frozen"), 0, "copies of what was refused")
    equal(subjects().count("thaw-before"), 1, "copies of what came before")
    print(f"  ({reply.code} after {took:.1f} s)")


def sockets_of(pid):
    folder = f"/proc/{pid}/fd"
    links = (os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder))
    return {link for link in links if link.startswith("socket:")}


def redis_killed():
    "Redis killed: started again by itself, mail again within seconds"
    pid = loose.kill_redis()
    start = time.monotonic()
    until(lambda: loose.redis_pid() not in (None, pid), 20, "another Redis")

    def again():
        with Raw(loose.port) as raw:
            raw.hello()
            return send_text(raw, HEADER % b"reborn" + b"x\r\n").code == 250
    until(again, 20, "mail again", pause=0.1)
    equal(sockets_of(loose.redis_pid()) & sockets_of(loose.process.pid), set(),
          "sockets of ours that it inherited")
    print(f"  (after {time.monotonic() - start:.1f} s)")


def reload():
    "SIGHUP: the new configuration for new sessions, none dropped; a broken one changes nothing"
    with Raw(loose.port) as old, Raw(loose.tls_port, tls=client_context()) as old_tls:
        old.hello()
        old_tls.hello()
        config = dict(loose.config, hostname="other.test.example")
        directory = loose.directory
        make_certificate(directory, "mail.test.example", "other.test.example")
        loose.write_config(config)
        check(loose.reload(), "a good one is taken")
        with Raw(loose.port) as raw:
            check("other.test.example" in raw.greeting.text, f"new sessions: {raw.greeting}")
        with Raw(loose.tls_port, tls=client_context(loose.certificate)) as raw:
            equal(raw.greeting.code, 220, "the new certificate")
        check("mail.test.example" in old.ask("EHLO x").text, "old sessions keep theirs")
        equal(send_text(old, HEADER % b"old" + b"x\r\n").code, 250, "and may go on")
        equal(old_tls.ask("NOOP").code, 250, "as those with TLS")
        for broken, where in (({"hostname": "a b"}, "hostname"), ({"what": 1}, "what"),
                              ({"tls": [{"certificate": "/nowhere", "key": "/nowhere"}]},
                               "/nowhere")):
            loose.write_config(dict(config, **broken))
            check(not loose.reload(), f"a broken one is refused: {broken}")
            said = str(loose.events("reload_refused")[-1])
            check(where in said, f"and why: {said}")
        equal(old.ask("NOOP").code, 250, "still there")
        loose.write_config(config)
        check(loose.reload(), "a good one again")


def stop_under_load():
    "SIGTERM under load: exit 0 in time, started again, nothing lost and nothing doubled"
    with Sink(rule=lambda step: (0.002, None) if step.verb == "END" else None) as target, \
            Daemon(routes=[target.route("*")], shutdown_limit="10s",
                   relay={"retry": ["500ms"]}) as one:
        acknowledged, lock, stop = set(), threading.Lock(), threading.Event()

        def load(worker):
            number = 0
            while not stop.is_set():
                try:
                    with Raw(one.port) as raw:
                        raw.hello()
                        while not stop.is_set():
                            name = f"load-{worker}-{number}"
                            number += 1
                            if send_text(raw, HEADER % name.encode() + b"x\r\n").code != 250:
                                break
                            with lock:
                                acknowledged.add(name)
                except OSError:
                    time.sleep(0.05)
        threads = [threading.Thread(target=load, args=(w,), daemon=True) for w in range(12)]
        for thread in threads:
            thread.start()
        took = []
        for _ in range(2):
            until(lambda n=len(acknowledged): len(acknowledged) > n + 200, 30, "some load")
            start = time.monotonic()
            equal(one.stop(), 0, "exit status")
            took.append(time.monotonic() - start)
            one.start()
        stop.set()
        for thread in threads:
            thread.join()
        check(max(took) < 15 * PATIENCE, f"it ended after {max(took):.1f} s")

        def arrived():
            return {parse(m.data)["Subject"] for m in list(target.messages)}
        until(lambda: acknowledged <= arrived(), 60, "all of them", pause=0.2)
        counts = [parse(m.data)["Subject"] for m in target.messages]
        twice = [s for s in set(counts) if counts.count(s) > 1]
        equal(twice, [], "delivered twice")
        print(f"  ({len(acknowledged)} acknowledged, {len(counts)} delivered; "
              f"stopped in {', '.join(f'{t:.1f}' for t in took)} s)")


def make_tight():
    """Where every cap is small."""
    daemon = Daemon(tls=True, routes=[sink.route("*")], submission={
        "recipients": 5, "message_size": "100 KiB", "header_size": "4 KiB",
        "header_lines": 200, "errors": 10, "command_timeout": "1500ms",
        "data_timeout": "1500ms", "message_timeout": "4s", "messages_per_session": 4,
        "auth_delay": "0ms"})
    daemon.network_port = free_port()
    listeners = daemon.config["listeners"]
    listeners[0]["sessions"] = 8
    listeners.append({"address": f"127.0.0.1:{daemon.network_port}", "role": "submission",
                      "tls": "none", "require_auth": False, "networks": ["127.0.0.5/32"]})
    daemon.write_config()
    return daemon


dotted = Sink(extensions=["PIPELINING"])
with Sink() as sink, dotted, make_tight() as tight, \
        Daemon(tls=True, submission={"auth_delay": "0ms"},
               routes=[sink.route("*"), dotted.route("dotted.test")]) as loose, \
        Daemon(tls=True, submission={"auth_delay": "100ms"}) as guess:
    add_account(loose, "app@sender.test", "pw")
    status = cases.run([
        recipients, message_size, header, greedy, errors, messages_per_session, idle, guessing,
        smuggling, cuts, starttls_injection, tls_ends, session_caps, account_sessions, disk,
        redis_frozen, redis_killed, reload, stop_under_load])
    if status:
        print(tight.story(), loose.story(), file=sys.stderr)
sys.exit(status)
