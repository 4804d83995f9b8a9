"""Kind mailbox: what clients of IMAP and POP3 do, with mailboxes that both servers were given
in the same way (APPEND and COPY by our client), message for message the same.

Dimension it understands: part (idle; idle, TLS; sessions; mailbox; million). All that is read of a message as a
whole is compared with what was stored; a difference fails the run.
"""
import contextlib
import time

from suite import flow, machine
from suite.bench import Unable
from suite.kinds import idle as idle_kind

# users: accounts; seconds: of each measurement; idle: sessions held, open_rate: so many a second
# opened, so that it is not a rush of logins that is measured; rest_s: until their memory is read; messages, size: of the mailbox; many, many_size: of the large one, copies: how often it
# is copied into the largest; index_s: how long its search index may take, 0: it has none;
# settings: of the peer.
OPTIONS = ("users", "seconds", "idle", "open_rate", "rest_s", "messages", "size", "many", "many_size",
           "copies", "index_s", "settings")
NAME = "user%d@mail.test"
# What ImapTest does by default, in shares of rounds: a connection each, with LOGIN, SELECT, LOGOUT.
MIX = ('LIST "" "*"@50', "STATUS INBOX (MESSAGES UNSEEN)@50", "FETCH %m (FLAGS ENVELOPE)",
       "FETCH %m BODY.PEEK[]@30", "STORE %m +FLAGS (\\Seen)@50", "APPEND",
       "STORE %m +FLAGS.SILENT (\\Deleted)", "EXPUNGE")
RARE = "mail-000000777"  # in one message: its subject, its Message-ID, its text


class Rig:
    """A peer that runs, and a client for it."""

    def __init__(self, bench, cell, peer, places):
        self.bench, self.cell, self.peer, self.places = bench, cell, peer, places
        self.seconds = min(cell.option("seconds", 3), 1 if cell.quick else 60)
        self.size = cell.option("size", "2k:5,4k:3,16k,50k")
        self.cpu, self.disturbed = {}, 0.0

    def options(self, options):
        given = {"user": NAME, "password_file": f"{self.bench.keys}/password", "size": self.size,
                 "timeout": "300s", **options}
        if given.get("tls"):
            given["ca"] = f"{self.bench.keys}/tls.crt"
        protocol = ("pop3" if given.get("pop3") else "imap") + ("s" if given.get("tls") else "")
        return self.places[protocol], given

    def do(self, what, *steps, limit=120, **options):
        """Report of a client that did STEPS, for as long as the cell says or as often as
        OPTIONS do; notes what the peer's CPU was for each of them."""
        self.bench.progress(what)
        address, options = self.options({"step": list(steps), **options})
        if "operations" not in options:
            options["duration"] = f"{self.seconds}s"
        cpu, before = sum(self.peer.cpu()), machine.Counters(self.bench.scratch)
        with self.bench.client(address, **options) as client:
            if not client.wait(min(limit, self.cell.deadline)):
                raise flow.Failed(f"{what}: took longer than {limit} s")
            client.ended()
            if client.failure():
                raise flow.Failed(f"{what}: {client.failure()}")
            after = machine.Counters(self.bench.scratch)
            used = sum(self.peer.cpu()) - cpu
            seconds = max(after.at - before.at, 1e-6) * machine.CORES
            others = after.busy - before.busy - used - sum(client.group.cpu())
            self.disturbed = max(self.disturbed, others / seconds)
            self.cpu[what] = round(used * 1e6 / max(1, client.report["messages"]["done"]), 1)
            return client.report

    def rate(self, what, *steps, **options):
        """Operations a second."""
        return round(self.do(what, *steps, **options)["rate"], 1)

    def ms(self, what, *steps, **options):
        """Half of the operations took so many milliseconds at the most."""
        return round(self.do(what, *steps, **options)["microseconds"]["message"]["p50"] / 1e3, 3)

    def megabytes(self, what, *steps, **options):
        report = self.do(what, *steps, **options)
        return round(report["messages"]["bytes"] / report["seconds"] / 1e6, 1)

    def once(self, what, *steps, **options):
        """Milliseconds that one operation took."""
        options = {"operations": len(steps), "sessions": 1, **options}
        return self.ms(what, *steps, **options)


@contextlib.contextmanager
def rig(bench, cell):
    """The cell's peer with its accounts."""
    ports = bench.ports(4)
    places = dict(zip(("imap", "imaps", "pop3", "pop3s"), (f"127.0.0.1:{p}" for p in ports)))
    idle_kind.allow_files(cell.option("idle", 400))
    with bench.peer(cell, greeting=b"* OK", listen=places["imap"], mode="tls", role="mailbox",
                    imaps=places["imaps"], pop3=places["pop3"], pop3s=places["pop3s"],
                    users=cell.option("users", 20) + 1, sessions=cell.option("idle", 400) + 1000,
                    **cell.option("settings", {})) as peer:
        yield Rig(bench, cell, peer, places)


def measure(bench, cell):
    part = {"idle": idle, "idle, TLS": idle_tls, "sessions": sessions, "mailbox": mailbox,
            "million": million}.get(cell.at["part"])
    if not part:
        raise Unable(f"there is no part \"{cell.at['part']}\"")
    with rig(bench, cell) as made:
        found = part(made, cell)
        return {**found, "cpu_us": made.cpu, "disturbed": round(made.disturbed, 3)}


# --- Sessions ---

def held(made, cell, count=None, before=None, **options):
    """Bytes a session, of COUNT that idle in their mailboxes; more than BEFORE, or than it was
    once a few had been there."""
    count = count or cell.option("idle", 400)
    made.bench.progress(f"{count} idle sessions")
    address, options = made.options({"hold": True, "sessions": count, "duration": "1h",
                                     "users": cell.option("users", 20),
                                     "rate": cell.option("open_rate", 200), **options})
    made.do("warming up", "NOOP", operations=400, users=options["users"], sessions=20,
            tls=options.get("tls"), mailbox=options.get("mailbox", "INBOX"), user=options["user"])
    before = made.peer.memory()["pss"] if before is None else before
    with made.bench.client(address, **options) as client:
        port, end = int(address.rsplit(":", 1)[1]), time.monotonic() + 60
        while idle_kind.established(port) < count:
            if client.ended() or time.monotonic() > end:
                raise flow.Failed(f"{idle_kind.established(port)} of {count} sessions: "
                                  f"{client.failure()}")
            time.sleep(0.05)
        idle_kind.Idle._rest([client.group, made.peer.group], end)
        time.sleep(cell.option("rest_s", 3))
        if client.ended() or idle_kind.established(port) < count:
            raise flow.Failed(f"{idle_kind.established(port)} of {count} sessions were left")
        return round((made.peer.memory()["pss"] - before) / count)


def idle(made, cell):
    return {"idle_plain": held(made, cell)}


def idle_tls(made, cell):
    return {"idle_tls": held(made, cell, tls=True, no_resume=True)}


def sessions(made, cell):
    users = cell.option("users", 20)
    all_users = {"users": users, "sessions": users}
    made.do("50 messages for each account", "APPEND", mailbox="", operations=50 * users, **all_users)
    found = {
        "logins": made.rate("logins", mailbox="", **all_users),
        "logins_tls": made.rate("logins, TLS", mailbox="", tls=True, no_resume=True, **all_users),
        "pop3_sessions": made.rate("POP3 sessions", "STAT", pop3=True, logout=True, **all_users),
        "retr": made.rate("POP3 RETR", "RETR %m", pop3=True, **all_users),
    }
    report = made.do("the mix", *MIX, logout=True, **all_users)
    commands = report["messages"]["done"] + 3 * report["messages"]["connections"]
    found["mix"] = round(commands / report["seconds"], 1)
    return found


# --- A mailbox as people have them ---

def mailbox(made, cell):
    users = cell.option("users", 20)
    mine = {"user": f"user{users + 1}@mail.test"}
    count = cell.option("messages", 5000)
    found = {
        "append": made.rate("APPEND", "APPEND", mailbox="", users=users, sessions=users),
        "append_same": made.rate("APPEND into one mailbox", "APPEND", mailbox="", sessions=20,
                                 operations=count, **mine),
        "flags_ms": made.ms("FLAGS of all", "FETCH 1:* (FLAGS)", **mine),
        "envelope_ms": made.ms("ENVELOPE and BODYSTRUCTURE of all",
                               "FETCH 1:* (ENVELOPE BODYSTRUCTURE)", **mine),
        "bodies": made.rate("BODY[]", "FETCH %m BODY.PEEK[]", sessions=20, **mine),
        "stream": made.megabytes("BODY[] of all", "FETCH 1:* BODY.PEEK[]", **mine),
        "stream_tls": made.megabytes("BODY[] of all, TLS", "FETCH 1:* BODY.PEEK[]", tls=True,
                                     **mine),
        "store": made.rate("STORE", "STORE %m +FLAGS (\\Answered)", "STORE %m -FLAGS (\\Answered)",
                           sessions=20, **mine),
        "sort_ms": made.ms("SORT", "SORT (SUBJECT) UTF-8 ALL", **mine),
        "sort_date_ms": made.ms("SORT by date", "SORT (REVERSE DATE) UTF-8 ALL", **mine),
        "thread_ms": made.ms("THREAD", "THREAD REFERENCES UTF-8 ALL", **mine),
    }
    return found


# --- A very large one ---

def indexed(made, cell, **options):
    """Milliseconds of the first search, and of one when there is an index, which is made
    behind deliveries; where there is none, of another."""
    first = best = made.once("SEARCH TEXT, just filled", f'SEARCH TEXT "{RARE}"', **options)
    wait = cell.option("index_s", 60)
    end = time.monotonic() + min(wait, made.cell.deadline / 3)
    while True:
        best = min(best, made.once("SEARCH TEXT, waiting for its index",
                                   f'SEARCH TEXT "{RARE}"', **options))
        if best < 15 or not wait or time.monotonic() > end:
            return first, best
        time.sleep(1)


def million(made, cell):
    count, copies = cell.option("many", 100000), cell.option("copies", 10)
    made.size = cell.option("many_size", "1k")
    mine = {"user": f"user{cell.option('users', 20) + 1}@mail.test"}
    report = made.do(f"{count:,} messages", "APPEND", mailbox="", sessions=40, operations=count // 20,
                     batch=20, limit=200, **mine)
    found = {"filled": round(report["rate"] * 20, 1)}
    first, best = indexed(made, cell, **mine)
    found.update(search_first_ms=first, search_ms=best,
                 search_none_ms=made.once("SEARCH TEXT, none", 'SEARCH TEXT "qqqzzzqqq"', **mine))
    made.once("CREATE", "CREATE Million", mailbox="", **mine)
    before = made.peer.memory()["pss"]
    report = made.do("copies", "COPY 1:* Million", sessions=1, operations=copies, limit=200, **mine)
    found["copied"] = round(report["rate"] * count, 1)
    large = {"mailbox": "Million", **mine}
    select = made.do("SELECT", "SELECT Million", operations=1, sessions=1, mailbox="", **mine)
    found.update(
        select_first_ms=round(select["microseconds"]["message"]["max"] / 1e3, 1),
        select_ms=made.ms("SELECT again", "SELECT Million", mailbox="", **mine),
        status_ms=made.ms("STATUS", "STATUS Million (MESSAGES UNSEEN)", mailbox="", **mine),
        million_flags_ms=made.once("FLAGS of all", "FETCH 1:* (FLAGS)", **large),
        million_search_ms=made.once("SEARCH UNSEEN", "SEARCH UNSEEN", **large),
        million_subject_ms=made.once("SEARCH SUBJECT", f'SEARCH SUBJECT "{RARE}"', **large),
        million_mib=round(held(made, cell, count=1, before=before, mailbox="Million",
                               user=mine["user"]) / 2**20, 1),
        peer_mib=round(made.peer.memory()["pss"] / 2**20, 1))
    return found
