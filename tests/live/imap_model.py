"""What a client of IMAP knows of the mailbox it has selected, by what it was told, and
what may not be told to it (RFC 9051 7.4.1, 7.5.1; RFC 7162)."""
import re
import time

from imap_raw import Imap, words

# No EXPUNGE within these: their numbers would mean other messages (RFC 9051 7.5.1).
QUIET = re.compile(rb"(FETCH|STORE|SEARCH|SORT|THREAD)\b", re.I)


class Broken(AssertionError):
    pass


class Client(Imap):
    """Knows numbers, UIDs, flags and modseqs; raises Broken at what cannot be."""

    def begin(self, mailbox, resync=None, readonly=False):
        """SELECTs it, and learns what there is. RESYNC: a state to catch up from."""
        self.mailbox = mailbox
        self.ok("ENABLE QRESYNC")
        self.uids, self.known, self.exists = [], {}, 0
        more = ""
        if resync:
            self.known = {uid: dict(one) for uid, one in resync.known.items()}
            self.uids = sorted(self.known)
            self.exists = len(self.uids)
            known = ",".join(map(str, self.uids)) or "1"
            more = f" (QRESYNC ({resync.validity} {resync.highest} {known}))"
        self.resyncing = bool(resync)
        lines, last = self.ok(("EXAMINE " if readonly else "SELECT ") + mailbox + more)
        text = b"\n".join(lines)
        self.validity = int(re.search(rb"UIDVALIDITY (\d+)", text).group(1))
        self.highest = int(re.search(rb"HIGHESTMODSEQ (\d+)", text).group(1))
        self.next = int(re.search(rb"UIDNEXT (\d+)", text).group(1))
        told = int(re.search(rb"(\d+) EXISTS", text).group(1))
        for line in lines:
            if line.startswith(b"VANISHED"):
                self._vanished(line)
        self.exists = told
        if resync:
            if len(self.uids) > told:
                raise Broken(f"{self.uids} of {told}")
            more = [line for line in lines if re.match(rb"\d+ FETCH", line)]
            for line in more:
                self._fetched(line)
        else:
            self.learn()
        self.resyncing = False
        return self

    def learn(self):
        """Asks for those that were only counted, as long as there are some."""
        for _ in range(100):
            self.do(f"UID FETCH {self.next_unknown()}:* (FLAGS)")
            if len(self.uids) == self.exists:
                return
        raise Broken(f"{len(self.uids)} messages are listed, {self.exists} exist")

    def do(self, command, *literals):
        """A command, all that is told with it taken in; (untagged, last line)."""
        lines, last = self.ask(command, *literals)
        self.take(lines, command if isinstance(command, bytes) else command.encode())
        found = re.search(r"\[HIGHESTMODSEQ (\d+)\]", last)
        if found:
            self._risen(int(found.group(1)))
        return lines, last

    def append(self, mailbox, message, more=""):
        _, last = self.do(f'APPEND "{mailbox}" {more}{{}}', message)
        return int(re.search(r"\[APPENDUID \d+ (\d+)\]", last).group(1))

    def take(self, lines, command=b""):
        for line in lines:
            if re.match(rb"\d+ EXISTS$", line):
                told = int(line.split()[0])
                if told < self.exists:
                    raise Broken(f"EXISTS falls from {self.exists} to {told}")
                self.exists = told
            elif re.match(rb"\d+ EXPUNGE$", line):
                raise Broken("EXPUNGE, where VANISHED was asked for")
            elif line.startswith(b"VANISHED"):
                if QUIET.match(command):
                    raise Broken(f"{line!r} within {command!r}")
                self._vanished(line)
            elif re.match(rb"\d+ FETCH ", line):
                self._fetched(line)

    def _vanished(self, line):
        earlier = b"(EARLIER)" in line
        gone = []
        for one in line.split()[-1].split(b","):
            first, _, last = one.partition(b":")
            gone += range(int(first), int(last or first) + 1)
        for uid in gone:
            if uid in self.known:
                del self.known[uid]
                self.uids.remove(uid)
                self.exists -= 1
            elif not earlier:
                if uid < self.next_unknown():
                    raise Broken(f"{uid} vanishes and was not there")
                self.exists -= 1  # it had only been counted

    def next_unknown(self):
        return max(self.uids, default=0) + 1

    def _risen(self, modseq):
        self.highest = max(self.highest, modseq)

    def _fetched(self, line):
        number, _, items = words(line)
        items = dict(zip(items[::2], items[1::2]))
        number, uid = int(number), int(items[b"UID"])
        flags = frozenset(items[b"FLAGS"]) - {b"\\Recent"} if b"FLAGS" in items else None
        modseq = int(items[b"MODSEQ"][0]) if b"MODSEQ" in items else None
        if uid in self.known:
            if not self.resyncing and self.uids[number - 1] != uid:
                raise Broken(f"{number} is {self.uids[number - 1]}, not {uid}")
        elif number == len(self.uids) + 1 or self.resyncing:
            if self.uids and uid <= self.uids[-1]:
                raise Broken(f"{uid} comes behind {self.uids[-1]}")
            self.uids.append(uid)
            self.known[uid] = {}
        else:
            return  # one behind others it has only been counted: learned later
        if flags is not None:
            self.known[uid]["flags"] = flags
        if modseq is not None:
            if modseq < self.known[uid].get("modseq", 0):
                raise Broken(f"the modseq of {uid} falls")
            self.known[uid]["modseq"] = modseq
            self._risen(modseq)

    def state(self):
        """{uid: flags}, as it was told."""
        self.do("NOOP")
        self.learn()
        return {uid: self.known[uid]["flags"] for uid in self.uids}

    # --- IDLE ---

    def idle(self):
        self.idle_tag = self.tag()
        self.send(self.idle_tag + b" IDLE\r\n")
        while not self.line().startswith(b"+"):
            pass

    def idle_until(self, condition, timeout):
        """Until CONDITION() holds by what is told; when that was read."""
        self.socket.settimeout(timeout)
        while not condition():
            self.take([self.line()[2:]])
        return time.monotonic()

    def done(self):
        self.send(b"DONE\r\n")
        lines, last = self.finish(self.idle_tag)
        self.take(lines)
        return last
