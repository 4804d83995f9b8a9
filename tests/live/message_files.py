"""What happened to messages, found in files of events that were full: compressed or not,
damaged, gone."""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

import ringpost_live as live
from events import redis
from messages import TEXT, done, key_of, kinds, show
from ringpost_http import Api, add_listener
from ringpost_live import Daemon, Sink, free_port, until

cases = live.Cases()
check, equal = cases.check, cases.equal


def files_of(daemon, end):
    """Files that were full, the oldest first."""
    return sorted(f for f in glob.glob(daemon.applications + ".2*") if f.endswith(end))


def is_settled(daemon):
    """No file is about to be rotated, or being compressed."""
    try:
        size = os.path.getsize(daemon.applications)
    except FileNotFoundError:
        return False
    return size < 65536 and len(files_of(daemon, "")) == len(files_of(daemon, ".zst"))


def fill(daemon, name):
    """A message with so many events that they are in several files by now."""
    before = len(files_of(daemon, ""))
    one = daemon.submit("a@sender.test", [f"{n}@{name}.twice.test" for n in range(400)], TEXT)
    until(lambda: done(daemon, one), what="its end")
    while len(files_of(daemon, "")) < before + 2:  # the file's thread may have waited
        other = daemon.submit("a@sender.test", [f"{n}@x.test" for n in range(250)], TEXT)
        until(lambda: done(daemon, other), what="its end")
    until(lambda: is_settled(daemon), what="compressed files")
    return one


def pages(api, one, limit):
    """All of its events over HTTP."""
    found, cursor = [], None
    for _ in range(1000):
        page = api.call("GET", f"/v1/messages/{one}/events", want=200, limit=limit, cursor=cursor)
        found += page["items"]
        cursor = page.get("next")
        if not page["items"] and page["searched"][0]["complete"]:
            return found
    raise AssertionError("no end of pages")


def full_files():
    """What happened is found in files that were full, compressed or not; not in those that
    were full before; what is damaged, gone or too old is said"""
    port, tried = free_port(), set()

    def twice(step):
        if step.verb == "RCPT" and step.address.endswith(".twice.test") \
                and step.address not in tried:
            tried.add(step.address)
            return "451 4.3.0 once more"
        return None
    with Sink(rule=twice) as sink:
        daemon = Daemon(routes=[sink.route("*")], tenants=[{"name": "shop"}],
                        relay={"retry": ["1s"]})
        daemon.applications = daemon.directory + "/applications.jsonl"
        daemon.config["events"] = {"file": daemon.applications, "file_size": "64 KiB"}
        daemon.write_config()
        add_listener(daemon, port)
        with daemon:
            admin, shop = (Api(port, key_of(daemon, *words)) for words in (
                ("admin", "--scope", "send,read,admin"),
                ("shop", "--scope", "send,read", "--tenant", "shop")))
            one = daemon.submit("a@sender.test", ["fine@receiver.test"], TEXT)
            until(lambda: done(daemon, one), what="its end")
            before = daemon.run_json("message", "events", one)
            many = fill(daemon, "one")
            count = len(files_of(daemon, ".zst"))
            got = show(daemon, one)
            equal((got["state"], got["sources"], got["whole"], got["searched"][0]["files"],
                   got["searched"][0]["complete"], len(got["searched"])),
                  ("done", ["file"], True, count + 1, True, 1), "from a full file")
            equal(daemon.run_json("message", "events", one), before, "its events")
            shop.call("GET", "/v1/messages/" + one, want=404)
            shop.call("GET", f"/v1/messages/{one}/events", want=404)
            # Page by page, over all files, while another gets full and is compressed.
            events = daemon.run_json("message", "events", many)
            equal((kinds(events)[0], len(events), len({e["rcpt"] for e in events[1:]})),
                  ("accepted", 801, 400), "all of its events")
            equal([e["id"] for e in pages(admin, many, 60)], [e["id"] for e in events], "pages")
            page = admin.call("GET", f"/v1/messages/{many}/events", want=200, limit=400)
            fill(daemon, "two")
            page["items"] += admin.call("GET", f"/v1/messages/{many}/events", want=200, limit=500,
                                        cursor=page["next"])["items"]
            equal([e["id"] for e in page["items"]], [e["id"] for e in events], "two pages")
            for cursor in ("file:", "file:x.1", "file:1", "file:1.-1", "file:1.99999999999999999999"):
                admin.call("GET", f"/v1/messages/{many}/events", want=422, cursor=cursor)
            admin.call("GET", f"/v1/messages/{many}/events", want=200,
                       cursor="file:99999999999999.99999999999")
            # One that is not compressed (yet).
            first = files_of(daemon, ".zst")[0]
            subprocess.run(["zstd", "-dq", "--rm", first], check=True, timeout=60)
            equal(daemon.run_json("message", "events", one), before, "not compressed")
            subprocess.run(["zstd", "-qf", "--rm", first[:-4]], check=False, timeout=60)
            until(lambda: is_settled(daemon), what="a compressed file")  # perhaps by the server
            # What was full before it came is not opened: the log knows it then.
            old = re.sub(r"\.\d{8}T", ".20200101T", first)
            os.rename(first, old)
            got, count = show(daemon, one), len(files_of(daemon, ".zst"))
            equal((got["sources"], [s["source"] for s in got["searched"]],
                   got["searched"][0]["files"]), (["log"], ["file", "log"], count), "too old")
            # Damaged: so it says, and has the rest.
            with open(old, "rb") as whole, open(first, "wb") as half:
                half.write(whole.read()[:500])
            got = show(daemon, one)
            equal((got["searched"][0]["missing"], got["sources"], got["state"]),
                  (["damaged"], ["log"], "done"), "damaged")
            # The log was moved away, and the beginning is nowhere else.
            open(daemon.log, "w").close()
            text = subprocess.run(["zstd", "-dc", old], capture_output=True, check=True,
                                  timeout=60).stdout
            lines = [line for line in text.splitlines(True) if b'"accepted"' not in line]
            subprocess.run(["zstd", "-qfo", first], input=b"".join(lines), check=True, timeout=60)
            got = show(daemon, many)
            equal((got["state"], got["whole"], got["sources"]), ("unknown", False, ["file"]),
                  "its beginning is gone")
            text = daemon.run("message", "show", many, status=0).stdout
            check("Looked through: " in text and "files of events" in text, text)
            got = daemon.run("message", "events", many, status=0)
            check("what happened before is not known" in got.stderr and
                  "Looked through: " in got.stderr, got.stderr)
            os.rename(old, first)
            text = daemon.run("why", one, status=0).stdout
            check("is not in the queue." in text and "Its events say:" in text and
                  "delivered" in text and "Looked" not in text, text)
            equal(kinds(daemon.run_json("why", one)), ["accepted", "delivered"], "why --json")
            for name in files_of(daemon, ".zst"):
                os.remove(name)
            open(daemon.applications, "w").close()
            check("is not kept" in daemon.run("message", "show", one).stderr, "nothing is kept")
            text = daemon.run("why", one, status=0).stdout
            check("says nothing about it" in text and "is not kept" in text, text)
            equal(daemon.run("why", one, "--json").returncode, 1, "why --json of nothing")


def cut_stream():
    """Where the stream goes back less far than the file, the file is asked first; many that
    ask at once wait for each other"""
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")], workers=2)
        daemon.config["events"] = {"stream": True, "file": daemon.directory + "/a.jsonl"}
        daemon.write_config()
        with daemon:
            one = daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            got = until(lambda: done(daemon, one), what="its end")
            equal((got["sources"], got["searched"]),
                  (["stream"], [{"source": "stream", "complete": True}]), "from the stream")
            check("OK" in redis(daemon, "SET", "rp:events:trimmed", "9999999999999-0"), "cut")

            def of_file():
                got = done(daemon, one)
                return got if got and got["sources"] == ["file"] else None
            got = until(of_file, what="its end in the file")
            equal([s["source"] for s in got["searched"]], ["file"], "not asked")
            unknown = daemon.run("message", "show", one[:-1] + ("y" if one[-1] == "x" else "x"))
            check(unknown.returncode == 1 and "is not kept" in unknown.stderr, unknown)
            # The file is gone: the stream has what it has, and is said to begin later.
            open(daemon.directory + "/a.jsonl", "w").close()
            open(daemon.log, "w").close()
            got = show(daemon, one)
            equal((got["sources"], got["whole"], [s["source"] for s in got["searched"]]),
                  (["stream"], True, ["file", "stream"]), "as much as there is")
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                answers = list(pool.map(lambda _: show(daemon, one), range(24)))
            equal([a["sources"] for a in answers], [["stream"]] * 24, "at once")


if __name__ == "__main__":
    sys.exit(cases.run([full_files, cut_stream]))
