"""What is said to both servers (imap_oracle.py).

Lines are commands of the first client; "2> " in front: of the second. "@NAME" at the end of
a command: the message of that name, as a literal; "@\"text\"": that text as one. "~ RULE …"
above a command: where the answers may differ; "! ": it is not of the grammar. {modseq}, {uidvalidity} and {fetched} are what
the server has said last.
"""
import re

from imap_oracle_mail import MAIL


class Script:
    def __init__(self, number, name, text):
        self.number, self.name, self.text = number, name, text

    def steps(self):
        """(client, command, names of rules), one by one."""
        rules = []
        for line in self.text.splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("~ "):
                rules = line[2:].split()
                continue
            if line.startswith("! "):
                rules, line = rules + ["syntax"], line[2:]
            client = 1
            found = re.match(r"(\d)> ", line)
            if found:
                client, line = int(found.group(1)), line[3:]
            yield client, literals(line), rules
            rules = []


def literal(text):
    return b"{%d+}\r\n" % len(text) + text


def literals(line):
    """"@name" and '@"text"' as literals."""
    parts = re.split(r'(@"[^"]*"|(?<= )@[a-z0-9-]+)', line)
    command = b""
    for part in parts:
        if part.startswith('@"'):
            command += literal(part[2:-1].encode().decode("unicode_escape").encode("utf-8"))
        elif part.startswith("@") and part[1:] in MAIL:
            command += literal(MAIL[part[1:]])
        else:
            command += part.encode("utf-8")
    return command


SCRIPTS = []


def script(name, text):
    SCRIPTS.append(Script(len(SCRIPTS), name, text))


INBOX = """
APPEND INBOX (\\Seen) "18-Nov-2026 10:00:00 +0000" @plain
APPEND INBOX (\\Flagged $Work) "19-Nov-2026 11:00:00 +0100" @mixed
APPEND INBOX () "20-Nov-2026 23:30:00 -0500" @reply
APPEND INBOX (\\Answered \\Draft) "20-Nov-2026 12:00:00 +0000" @latin
APPEND INBOX (\\Deleted) "21-Nov-2026 01:02:03 +0000" @nested
SELECT INBOX
"""


script("basics", """
NOOP
CHECK
SELECT
SELECT Nothing
EXAMINE Nothing
SELECT INBOX
NOOP
CHECK
CLOSE
EXAMINE inbox
UNSELECT
UNSELECT
CLOSE
FETCH 1 FLAGS
NOSUCH
! NOOP x
NAMESPACE
! NAMESPACE x
~ enabled
ENABLE NOSUCH
ENABLE CONDSTORE
! ENABLE
~ id
ID NIL
~ id
ID ("name" "x")
ID (
! ID ("name")
LOGIN a b
AUTHENTICATE PLAIN
UID
UID NOOP
! SELECT INBOX x
! SELECT INBOX (NOSUCH)
SELECT INBOX (CONDSTORE)
SELECT "INBOX"
SELECT @"INBOX"
SELECT InBoX
STATUS INBOX ()
STATUS INBOX (MESSAGES)
STATUS INBOX MESSAGES
STATUS INBOX (NOSUCH)
STATUS Nothing (MESSAGES)
STATUS
""")

script("mailboxes", """
SELECT INBOX
UNSELECT
LIST "" ""
LIST "" *
LIST "" %
CREATE a
CREATE a
CREATE INBOX
CREATE inbox
CREATE b/
~ trailing
CREATE b
CREATE c
CREATE c/d
CREATE c/d/e
CREATE "with space"
CREATE "quoted \\"name\\""
CREATE ""
CREATE /
CREATE a//b
CREATE /a
CREATE "x*y"
CREATE "x%y"
CREATE &AOk-
CREATE "caf&AOk-"
CREATE "bad&utf7"
CREATE "&AGE-"
CREATE &
CREATE "a&-b"
CREATE INBOX/sub
CREATE Inbox/Sub2
LIST "" *
LIST "" %
LIST "" %/%
LIST "" c/%
LIST "" c*
LIST "" *e
LIST "" "*"
LIST "" INBOX
LIST "" inbox
LIST "" inbox*
LIST "" InBoX/%
LIST c/ %
LIST c %
LIST c/d e
LIST c/d/ e
LIST "" c/d/e
LIST "" nothing
LIST "" "with space"
LIST "" ""
LIST a ""
~ root
LIST "c/d" ""
LIST "" %e
LIST "" %%
LIST "" **
LIST "" *%
LIST "" %*
LIST "" /%
LIST "" c/
LIST / *
LSUB "" *
SUBSCRIBE a
SUBSCRIBE c/d/e
SUBSCRIBE c/d/e
SUBSCRIBE INBOX
SUBSCRIBE inbox
SUBSCRIBE "caf&AOk-"
LSUB "" *
LSUB "" %
LSUB "" c/%
LSUB "" c/%/%
LSUB "" "caf*"
LSUB c/ *
UNSUBSCRIBE a
UNSUBSCRIBE a
UNSUBSCRIBE INBOX
LSUB "" *
LIST (SUBSCRIBED) "" *
LIST (SUBSCRIBED RECURSIVEMATCH) "" %
~ recursive
LIST (SUBSCRIBED RECURSIVEMATCH) "" *
LIST (SUBSCRIBED) "" %
LIST (RECURSIVEMATCH) "" %
LIST (RECURSIVEMATCH REMOTE) "" %
LIST (REMOTE) "" a
LIST (REMOTE SUBSCRIBED) "" *
LIST (NOSUCH) "" *
LIST () "" a
LIST "" (a b)
LIST "" (a b c/%)
LIST "" (a a)
! LIST "" ()
LIST "" * RETURN ()
LIST "" * RETURN (SUBSCRIBED)
LIST "" * RETURN (CHILDREN)
LIST "" % RETURN (CHILDREN SUBSCRIBED)
LIST "" * RETURN (NOSUCH)
LIST (SUBSCRIBED) "" * RETURN (SUBSCRIBED CHILDREN)
LIST "" % RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))
LIST "" c/% RETURN (STATUS (MESSAGES))
LIST (SUBSCRIBED) "" * RETURN (STATUS (MESSAGES))
LIST "" INBOX RETURN (STATUS (MESSAGES RECENT UIDNEXT UNSEEN))
LIST "" a RETURN (STATUS ())
RENAME a z
RENAME nothing y
RENAME z b
RENAME c k
LIST "" *
LSUB "" *
CREATE k/q
CREATE k/q/r
RENAME k/d k/q/r/d
LIST "" k*
RENAME z y
RENAME y y
RENAME y y/z
LIST "" *
DELETE INBOX
DELETE inbox
DELETE nothing
DELETE z
DELETE y
DELETE y
DELETE INBOX/sub
LIST "" *
DELETE "with space"
DELETE "quoted \\"name\\""
CREATE e
CREATE e/b
CREATE e/c
APPEND e @tiny
SELECT e
STATUS e (MESSAGES)
UNSELECT
DELETE e/b
LIST "" e*
DELETE e/c
LIST "" e*
DELETE e
APPEND e @tiny
LIST "" e*
""")

script("rename-inbox", """
APPEND INBOX @tiny
CREATE INBOX/sub
CREATE other
RENAME INBOX new/one
STATUS new/one (MESSAGES)
STATUS INBOX (MESSAGES)
RENAME other INBOX
""")

script("subscribed", """
~ subscribe-any
SUBSCRIBE nothing
UNSUBSCRIBE nothing
CREATE x
CREATE x/y
CREATE x/y/z
SUBSCRIBE x/y/z
DELETE x/y/z
LSUB "" *
LSUB "" x/%
LSUB "" %
LIST (SUBSCRIBED) "" *
LIST (SUBSCRIBED) "" x/%
LIST (SUBSCRIBED RECURSIVEMATCH) "" %
LIST (SUBSCRIBED RECURSIVEMATCH) "" x/%
DELETE x/y
DELETE x
LSUB "" %
LSUB "" %/%
LIST (SUBSCRIBED) "" %
LIST (SUBSCRIBED RECURSIVEMATCH) "" %
LIST (SUBSCRIBED RECURSIVEMATCH) "" %/%
~ recursive
LIST (SUBSCRIBED RECURSIVEMATCH) "" *
CREATE p
SUBSCRIBE p
RENAME p q
LSUB "" *
UNSUBSCRIBE other
SUBSCRIBE ""
""")

script("status", INBOX + """
UNSELECT
STATUS INBOX (MESSAGES RECENT UIDNEXT UNSEEN)
STATUS inbox (MESSAGES)
STATUS INBOX (SIZE)
STATUS INBOX (MESSAGES MESSAGES)
STATUS INBOX (HIGHESTMODSEQ)
STATUS INBOX (UIDVALIDITY UIDNEXT)
2> STATUS INBOX (RECENT)
SELECT INBOX
STATUS INBOX (MESSAGES RECENT UNSEEN)
STORE 1 -FLAGS (\\Seen)
2> STATUS INBOX (UNSEEN)
EXPUNGE
2> STATUS INBOX (MESSAGES UIDNEXT SIZE)
CREATE empty
STATUS empty (MESSAGES RECENT UIDNEXT UNSEEN SIZE)
""")

script("fetch", INBOX + """
FETCH 1:* FLAGS
FETCH 1:* (UID FLAGS)
FETCH * UID
FETCH *:1 UID
FETCH 1,3,5 UID
FETCH 5,1,3:2 UID
FETCH 1:* ALL
~ charset delimiter
FETCH 1:* FULL
FETCH 1:* FAST
FETCH 1 (ALL)
FETCH 1 (FLAGS ALL)
FETCH 1 (UID UID FLAGS FLAGS)
FETCH 1 ()
FETCH 1 NOSUCH
FETCH 1
FETCH
FETCH 0 FLAGS
FETCH 6 FLAGS
FETCH 5:7 FLAGS
FETCH 7:* FLAGS
FETCH 1,6 FLAGS
FETCH a FLAGS
FETCH 1:2:3 FLAGS
! FETCH 1, FLAGS
FETCH ,1 FLAGS
FETCH 4294967295 FLAGS
FETCH 4294967296 FLAGS
UID FETCH 1:* FLAGS
UID FETCH 99 FLAGS
UID FETCH 99:* FLAGS
UID FETCH *:99 FLAGS
UID FETCH 1,99 UID
UID FETCH 0 FLAGS
FETCH 1:5 INTERNALDATE
FETCH 1:5 RFC822.SIZE
FETCH 1:5 ENVELOPE
~ charset delimiter
FETCH 1:5 BODY
~ charset delimiter
FETCH 1:5 BODYSTRUCTURE
FETCH 1 BODY[]
FETCH 3 BODY[]
FETCH 3 FLAGS
FETCH 1:5 BODY.PEEK[]
FETCH 1:5 BODY.PEEK[HEADER]
FETCH 1:5 BODY.PEEK[TEXT]
~ delimiter
FETCH 1:5 BODY.PEEK[1]
~ no-part delimiter
FETCH 1:5 BODY.PEEK[2]
~ no-part
FETCH 1,3:5 BODY.PEEK[1.1]
~ no-part
FETCH 1:5 BODY.PEEK[1.2]
~ no-part
FETCH 1,3:5 BODY.PEEK[2.1]
~ no-part
FETCH 1:5 BODY.PEEK[2.2]
~ no-part
FETCH 1:5 BODY.PEEK[2.HEADER]
~ no-part delimiter
FETCH 1:5 BODY.PEEK[2.TEXT]
~ no-part
FETCH 1:5 BODY.PEEK[2.MIME]
FETCH 1:5 BODY.PEEK[1.MIME]
~ no-part
FETCH 1:5 BODY.PEEK[1.HEADER]
~ no-part
FETCH 1:5 BODY.PEEK[1.TEXT]
~ no-part
FETCH 1,3:5 BODY.PEEK[2.1.MIME]
~ no-part
FETCH 1:5 BODY.PEEK[2.2.MIME]
~ no-part
FETCH 1:5 BODY.PEEK[3]
~ no-part
FETCH 1:5 BODY.PEEK[1.1.1.1]
! FETCH 1 BODY[0]
FETCH 1 BODY[MIME]
FETCH 1 BODY[NOSUCH]
FETCH 1 BODY[1.]
FETCH 1 BODY[.1]
FETCH 1 BODY[HEADER.FIELDS]
FETCH 1 BODY[HEADER.FIELDS ()]
FETCH 1:5 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
FETCH 1:5 BODY.PEEK[HEADER.FIELDS (subject FROM)]
FETCH 1:5 BODY.PEEK[HEADER.FIELDS ("Subject" From)]
FETCH 1:5 BODY.PEEK[HEADER.FIELDS (X-None)]
FETCH 1:5 BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT FROM TO)]
~ no-part
FETCH 1:5 BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]
~ no-part
FETCH 1:5 BODY.PEEK[2.HEADER.FIELDS.NOT (SUBJECT)]
FETCH 1 BODY.PEEK[]<0.10>
FETCH 1 BODY.PEEK[]<10.20>
FETCH 1 BODY.PEEK[]<0.100000>
FETCH 1 BODY.PEEK[]<100000.10>
! FETCH 1 BODY.PEEK[]<0.0>
! FETCH 1 BODY.PEEK[]<1>
FETCH 1 BODY.PEEK[]<1.>
FETCH 1 BODY.PEEK[HEADER]<5.10>
FETCH 1 BODY.PEEK[TEXT]<5.10>
FETCH 2 BODY.PEEK[1]<2.4>
FETCH 2 BODY.PEEK[2.MIME]<0.12>
FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.7>
FETCH 1 (BODY.PEEK[]<0.4> BODY.PEEK[]<4.4>)
FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT] UID)
FETCH 4 RFC822
FETCH 4 RFC822.HEADER
FETCH 4 RFC822.TEXT
FETCH 4 FLAGS
FETCH 2 BODY[1]
FETCH 2 (FLAGS BODY[2])
~ delimiter
FETCH 1:5 BINARY.PEEK[1]
~ no-part
FETCH 1:4 BINARY.PEEK[2]
~ binary-composite
FETCH 5 BINARY.PEEK[2]
~ delimiter
FETCH 1:5 BINARY.SIZE[1]
~ delimiter
FETCH 1:5 BINARY.SIZE[2]
FETCH 2 BINARY.PEEK[1]<1.3>
FETCH 2 BINARY.PEEK[2]<1.2>
~ binary-composite
FETCH 2 BINARY.PEEK[]
~ delimiter
FETCH 2 BINARY.SIZE[]
! FETCH 2 BINARY[HEADER]
FETCH 5 BINARY.PEEK[1.1]
FETCH 5 BINARY.PEEK[2.2]
~ delimiter
FETCH 5 BINARY.PEEK[1]
FETCH 2 BINARY[2]
FETCH 1:5 PREVIEW
FETCH 1:5 (PREVIEW (LAZY))
FETCH 1:5 SAVEDATE
FETCH 1 MODSEQ
FETCH 1 (FLAGS MODSEQ)
FETCH 1 FLAGS (CHANGEDSINCE 1)
FETCH 1:* FLAGS (CHANGEDSINCE {modseq})
! FETCH 1:* FLAGS (CHANGEDSINCE 0)
FETCH 1:* FLAGS (VANISHED)
UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)
FETCH 1 body.peek[text]
fetch 1 Flags
FETCH 1 FLAGS x
FETCH 1 (FLAGS
FETCH 1 FLAGS)
! FETCH  1 FLAGS
""")

script("read-only", INBOX + """
UNSELECT
EXAMINE INBOX
FETCH 3 BODY[]
FETCH 3 FLAGS
~ read-only
STORE 3 +FLAGS (\\Seen)
~ read-only
EXPUNGE
~ read-only
UID EXPUNGE 1:*
COPY 3 INBOX
CLOSE
SELECT INBOX
FETCH 1:* FLAGS
""")

script("store", INBOX + """
STORE 1 FLAGS (\\Deleted)
STORE 1 +FLAGS (\\Flagged $Junk NonJunk)
STORE 1 -FLAGS (\\Deleted)
STORE 1:2 +FLAGS \\Seen
STORE 1:2 -FLAGS \\Seen \\Flagged
STORE 1 +FLAGS.SILENT (\\Draft)
STORE 1:3 FLAGS.SILENT ()
~ stored
STORE 1 FLAGS ()
~ stored
STORE 1 +FLAGS ()
STORE 1 +FLAGS (\\Recent)
STORE 1 FLAGS (\\Recent)
STORE 1 +FLAGS (\\Nosuch)
STORE 1 +FLAGS (\\*)
STORE 1 +FLAGS ($work)
~ stored
STORE 1 +FLAGS ($WORK)
FETCH 1:2 FLAGS
STORE 1 -FLAGS ($work)
FETCH 1:2 FLAGS
STORE 1 +FLAGS (a b c a)
! STORE 1 +FLAGS (a]b)
STORE 1 +FLAGS ("quoted")
STORE 1 +FLAGS (x{)
STORE 1 NOSUCH (\\Seen)
STORE 1
STORE 9 FLAGS ()
STORE 1,9 FLAGS ()
UID STORE 1 +FLAGS (\\Answered)
UID STORE 99 +FLAGS (\\Answered)
~ stored
UID STORE 1:99 -FLAGS (\\Answered)
UID STORE 1:2 +FLAGS.SILENT (\\Answered)
FETCH 1:* FLAGS
STORE * +FLAGS (\\Answered)
STORE *:1 FLAGS (k1)
2> SELECT INBOX
2> STORE 2 +FLAGS (k2)
NOOP
~ stored
2> STORE 2 +FLAGS (k2)
NOOP
2> STORE 2 -FLAGS.SILENT (k2)
NOOP
~ keywords-told
STORE 2 +FLAGS.SILENT (k3)
2> NOOP
""")

script("expunge", INBOX + """
2> SELECT INBOX
EXPUNGE
2> NOOP
STORE 1,3 +FLAGS.SILENT (\\Deleted)
2> FETCH 1:* FLAGS
UID EXPUNGE 1
2> FETCH 1:* (UID FLAGS)
2> STORE 1 +FLAGS (\\Seen)
2> NOOP
UID EXPUNGE 99
UID EXPUNGE 1:99
2> UID FETCH 1:* FLAGS
UID EXPUNGE
UID EXPUNGE a
! EXPUNGE 1
STORE 1:* +FLAGS (\\Deleted)
2> CLOSE
2> STATUS INBOX (MESSAGES)
NOOP
SELECT INBOX
APPEND INBOX @tiny
EXPUNGE
STORE 1 +FLAGS.SILENT (\\Deleted)
UNSELECT
STATUS INBOX (MESSAGES)
SELECT INBOX
CLOSE
STATUS INBOX (MESSAGES UIDNEXT)
""")

script("copy", INBOX + """
CREATE box
COPY 1 box
COPY 1:3 box
COPY 1,3 box
COPY 3,1 box
COPY 1:* INBOX
COPY 1 nothing
COPY 9 box
COPY 1,99 box
UID COPY 1 box
UID COPY 99 box
UID COPY 1:99 box
COPY 1 inbox
COPY 1
COPY box
STATUS box (MESSAGES UIDNEXT UNSEEN)
MOVE 1 box
MOVE 1 nothing
UID MOVE 2 box
UID MOVE 99 box
MOVE 99 box
MOVE 1:2 INBOX
NOOP
FETCH 1:* (UID FLAGS)
SELECT box
FETCH 1:* (UID FLAGS INTERNALDATE)
2> SELECT box
MOVE 1:* INBOX
2> NOOP
2> SELECT INBOX
2> FETCH 1:* (UID FLAGS)
""")

script("append", """
APPEND INBOX @plain
APPEND INBOX () @tiny
APPEND INBOX (\\Seen) @tiny
APPEND INBOX (\\Seen $Label) "01-Jan-2020 00:00:00 +0000" @tiny
APPEND INBOX " 1-Jan-2020 00:00:00 +0000" @tiny
APPEND INBOX "01-Jan-2020 00:00:00 +1400" @tiny
APPEND INBOX "31-Dec-2019 23:59:59 -0800" @tiny
APPEND nothing @tiny
APPEND INBOX @tiny @tiny
APPEND INBOX (\\Seen) @tiny (\\Flagged) @plain
SELECT INBOX
APPEND INBOX @tiny
APPEND INBOX @latin
FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)
2> APPEND INBOX @plain
NOOP
2> APPEND INBOX @headless
2> APPEND INBOX @bodiless
FETCH 1 FLAGS
FETCH *:* (BODY.PEEK[] RFC822.SIZE)
APPEND INBOX @"bare\\nline\\nends\\n"
FETCH * (BODY.PEEK[] RFC822.SIZE)
""")

# --- Searching ---

KEYS = """
ALL
ANSWERED
BCC secret
BEFORE 20-Nov-2026
BODY noon
BODY ""
BODY caf
CC dora
CC nobody
DELETED
DRAFT
FLAGGED
FROM ann
FROM "Ann Lee"
FROM ANN@EXAMPLE
FROM "lee <ann"
FROM ""
HEADER Subject Meeting
HEADER Subject ""
HEADER Bcc ""
HEADER X-None ""
HEADER Message-ID <1@example.org>
HEADER In-Reply-To 1@example
HEADER content-type multipart
KEYWORD $Work
KEYWORD $work
KEYWORD None
UNKEYWORD $Work
LARGER 200
SMALLER 300
LARGER 0
SMALLER 0
NEW
OLD
RECENT
ON 20-Nov-2026
ON 21-Nov-2026
ON "20-Nov-2026"
SEEN
SENTBEFORE 20-Nov-2026
SENTON 20-Nov-2026
SENTON 21-Nov-2026
SENTSINCE 20-Nov-2026
SINCE 20-Nov-2026
SUBJECT meeting
SUBJECT "on monday"
SUBJECT ""
SUBJECT grü
TEXT noon
TEXT example
TEXT "Ann"
TEXT ""
TEXT "<p>one"
TEXT "iVBOR"
TEXT "preamble"
TEXT deep
BODY "inner text"
BODY "deep@example"
BODY "Content-Type"
TO bob
TO cid
TO "group"
TO y@example.com
UID 1:3
UID 2,99
UID *
UID 99:*
UNANSWERED
UNDELETED
UNDRAFT
UNFLAGGED
UNSEEN
NOT SEEN
NOT NOT SEEN
OR SEEN FLAGGED
OR (SEEN) (FLAGGED DRAFT)
OR OR SEEN FLAGGED DELETED
NOT OR SEEN FLAGGED
SEEN FLAGGED
(SEEN)
((SEEN) FLAGGED)
1
1:3
2:*
*
1,3,5
NOT 1:2
1:3 SEEN
9
1,9
OLDER 86400
YOUNGER 86400
YOUNGER 4000000000
SAVEDBEFORE 1-Jan-2000
SAVEDSINCE 1-Jan-2000
SAVEDATESUPPORTED
MODSEQ 1
MODSEQ "/flags/\\\\draft" all 1
NOSUCH
OR SEEN
NOT
()
SEEN)
(SEEN
FROM
BEFORE xx
BEFORE 31-Feb-2026
LARGER x
UID x
UID
0
HEADER
HEADER Subject
KEYWORD
KEYWORD \\Seen
""".strip().splitlines()


def keys(text):
    """Text beyond ASCII is a literal."""
    return " ".join(word if word.isascii() else '@"%s"' % word for word in text.split(" "))


DIFFERENT = {
    'FROM "lee <ann"': "flexible",
    "KEYWORD None": "keywords-told",
    'TEXT "<p>one"': "flexible",
    'BODY "deep@example"': "flexible",
    'BODY "Content-Type"': "flexible",
    "BEFORE 31-Feb-2026": "syntax",
    "KEYWORD \\Seen": "syntax",
}


def searches(verb, different):
    for key in KEYS:
        if key in different:
            yield "~ " + different[key]
        yield verb + " " + keys(key)


script("search", INBOX + "\n".join(searches("SEARCH", DIFFERENT)))
script("uid-search", INBOX + "EXPUNGE\nAPPEND INBOX @tiny\n" + "\n".join(
    searches("UID SEARCH", {k: v for k, v in DIFFERENT.items() if k not in ('TEXT "<p>one"', 'BODY "deep@example"')} | {
        "SENTBEFORE 20-Nov-2026": "no-date"})))
script("search-charset", INBOX + """
SEARCH CHARSET UTF-8 SUBJECT @"gr\\u00fc\\u00dfe"
SEARCH CHARSET UTF-8 SUBJECT @"GR\\u00dc\\u00dfE"
SEARCH CHARSET UTF-8 SUBJECT @"\\u00c4pfel"
SEARCH CHARSET UTF-8 SUBJECT @"\\u00e4pfel"
SEARCH CHARSET UTF-8 SUBJECT @"apfel"
SEARCH CHARSET utf-8 BODY @"sch\\u00f6ne"
SEARCH CHARSET UTF-8 BODY @"SCH\\u00d6NE"
SEARCH CHARSET UTF-8 BODY @"caf\\u00e9"
SEARCH CHARSET UTF-8 TEXT @"caf\\u00e9 at"
SEARCH CHARSET UTF-8 FROM @"j\\u00f6rg"
SEARCH CHARSET US-ASCII TEXT noon
SEARCH CHARSET NOSUCH TEXT noon
SEARCH CHARSET ISO-8859-1 TEXT noon
SEARCH CHARSET
SEARCH TEXT @"caf\\u00e9"
""")
RETURNS = ["()", "(MIN)", "(MAX)", "(COUNT)", "(ALL)", "(MIN MAX)", "(MIN MAX COUNT ALL)", "(SAVE)",
           "(SAVE COUNT)", "(SAVE MIN)", "(NOSUCH)", "(", "MIN"]
script("esearch", INBOX + "\n".join(
    f"{verb} RETURN {returns} {key}" for verb in ("SEARCH", "UID SEARCH") for returns in RETURNS
    for key in ("ALL", "SEEN", "LARGER 9999", "2:4")) + """
SEARCH RETURN (SAVE) UNSEEN
FETCH $ UID
UID FETCH $ UID
SEARCH $
SEARCH $ FLAGGED
SEARCH UID $
SEARCH NOT $
STORE $ +FLAGS (hit)
SEARCH RETURN (SAVE) LARGER 9999
FETCH $ UID
SEARCH RETURN (SAVE MIN MAX) ALL
FETCH $ UID
SEARCH RETURN (SAVE) NOSUCH
FETCH $ UID
COPY $ INBOX
SEARCH RETURN (SAVE) CHARSET NOSUCH ALL
FETCH $ UID
UNSELECT
SELECT INBOX
FETCH $ UID
""")

ORDERS = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO",
          "REVERSE DATE", "REVERSE SIZE", "SUBJECT DATE", "SUBJECT REVERSE DATE", "REVERSE SUBJECT SIZE",
          "REVERSE", "NOSUCH", ""]
script("sort", INBOX + "\n".join(
    f"{verb} ({order}) UTF-8 {key}" for verb in ("SORT", "UID SORT") for order in ORDERS
    for key in ("ALL", "SEEN", "NOT SEEN")) + """
SORT RETURN (MIN MAX COUNT) (DATE) UTF-8 ALL
SORT RETURN (ALL) (SIZE) UTF-8 ALL
SORT RETURN () (SIZE) UTF-8 ALL
SORT (DATE) US-ASCII ALL
SORT (DATE) NOSUCH ALL
~ refused
SORT (DATE) ALL
SORT DATE UTF-8 ALL
SORT (DATE) UTF-8
""")

script("thread", """
APPEND INBOX @plain
APPEND INBOX @reply
APPEND INBOX @t1
APPEND INBOX @t2
APPEND INBOX @t3
APPEND INBOX @t4
APPEND INBOX @t5
APPEND INBOX @t6
APPEND INBOX @t7
APPEND INBOX @tiny
APPEND INBOX @nested
SELECT INBOX
THREAD REFERENCES UTF-8 ALL
THREAD ORDEREDSUBJECT UTF-8 ALL
UID THREAD REFERENCES UTF-8 ALL
THREAD REFERENCES UTF-8 2:5
THREAD REFERENCES UTF-8 LARGER 9999
THREAD NOSUCH UTF-8 ALL
THREAD REFERENCES NOSUCH ALL
THREAD REFERENCES UTF-8
SORT (SUBJECT) UTF-8 ALL
SORT (DATE) UTF-8 ALL
""")

script("condstore", INBOX + """
FETCH 1 (MODSEQ)
STORE 1 (UNCHANGEDSINCE {modseq}) +FLAGS (\\Flagged)
~ stored
STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Draft)
~ stored
STORE 1:3 (UNCHANGEDSINCE 1) +FLAGS (\\Draft)
UID STORE 1:3 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Draft)
FETCH 1 MODSEQ
~ stored
STORE 1 (UNCHANGEDSINCE {fetched}) +FLAGS.SILENT (\\Seen)
~ stored
STORE 1 (UNCHANGEDSINCE 0) +FLAGS (\\Draft)
~ stored
STORE 1 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)
SEARCH MODSEQ 1
SEARCH RETURN (ALL) MODSEQ 1
SEARCH RETURN (MIN) MODSEQ 1
SEARCH MODSEQ 99999999
SORT (DATE) UTF-8 MODSEQ 1
2> SELECT INBOX
2> STORE 2 +FLAGS (x)
NOOP
STATUS INBOX (HIGHESTMODSEQ)
FETCH 1:* FLAGS (CHANGEDSINCE {fetched})
UID FETCH 1:* FLAGS (CHANGEDSINCE {fetched})
STORE 1 (UNCHANGEDSINCE) +FLAGS (x)
STORE 1 (NOSUCH 1) +FLAGS (x)
EXPUNGE
""")

script("qresync", INBOX + """
ENABLE QRESYNC
SELECT INBOX (QRESYNC ({uidvalidity} 1))
SELECT INBOX (QRESYNC ({uidvalidity} {modseq}))
SELECT INBOX (QRESYNC (1 1))
SELECT INBOX (QRESYNC ({uidvalidity} 1 1:3))
2> SELECT INBOX
2> EXPUNGE
~ highest
NOOP
2> STORE 1 +FLAGS (\\Deleted)
2> EXPUNGE
2> STORE 1 +FLAGS (new)
~ order
NOOP
SELECT INBOX (QRESYNC ({uidvalidity} 1 1:5))
SELECT INBOX (QRESYNC ({uidvalidity} 1 1:2 (1 1)))
UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)
STORE 1:* +FLAGS (\\Deleted)
EXPUNGE
UNSELECT
SELECT INBOX (QRESYNC ({uidvalidity} 1 1:5))
CLOSE
""")

script("quota", """
~ quota-name
GETQUOTAROOT INBOX
~ quota-root
GETQUOTAROOT nothing
GETQUOTA nosuch
GETQUOTA
~ refused
SETQUOTA "" (STORAGE 1)
""")

script("metadata", """
SETMETADATA INBOX (/shared/comment "Shared comment")
GETMETADATA INBOX /shared/comment
SETMETADATA INBOX (/private/comment "My own" /private/a/b "1" /private/a/c/d "22")
GETMETADATA INBOX /private/comment
GETMETADATA INBOX (/private/comment /private/none)
GETMETADATA INBOX /private/none
GETMETADATA (DEPTH 1) INBOX /private/a
GETMETADATA (DEPTH infinity) INBOX /private/a/c
GETMETADATA (MAXSIZE 1) INBOX (/private/a/b)
GETMETADATA (MAXSIZE 1) INBOX (/private/comment)
SETMETADATA INBOX (/private/comment NIL)
GETMETADATA INBOX /private/comment
SETMETADATA INBOX (/PRIVATE/Upper "x")
GETMETADATA INBOX /private/upper
! GETMETADATA INBOX
! SETMETADATA INBOX /private/a "x"
SETMETADATA INBOX (/nowhere/a "x")
SETMETADATA INBOX (/private//a "x")
GETMETADATA nothing /private/comment
SETMETADATA nothing (/private/comment "x")
SETMETADATA "" (/private/vendor/x/y "z")
GETMETADATA "" /private/vendor/x/y
CREATE gone
SETMETADATA gone (/private/comment "x")
DELETE gone
CREATE gone
GETMETADATA gone /private/comment
""")

script("rights", """
CREATE a
~ rights
MYRIGHTS a
~ rights-of-nothing
MYRIGHTS nothing
~ rights
GETACL a
SETACL a fred lrs
~ rights
GETACL a
SETACL a fred +wi
~ rights
GETACL a
SETACL a fred -rw
SETACL a fred +c
SETACL a fred -k
SETACL a fred +d
SETACL a fred -e
~ rights
GETACL a
SETACL a anyone lr
SETACL a -fred i
~ rights
GETACL a
~ rights
LISTRIGHTS a fred
~ rights
LISTRIGHTS a anyone
CREATE a/b
~ rights
GETACL a/b
~ rights
MYRIGHTS a/b
DELETEACL a fred
DELETEACL a -fred
DELETEACL a nobody
~ rights
GETACL a
SETACL a fred lz
SETACL a fred L
SETACL nothing fred l
DELETEACL nothing fred
GETACL nothing
~ rights-of-nothing
LISTRIGHTS nothing fred
! GETACL
! SETACL a fred
! MYRIGHTS a b
""")

script("other-words", INBOX + """
STARTTLS
COMPRESS NOSUCH
UID SEARCH
UID FETCH
UID COPY
UID EXPUNGE
UID THREAD
 NOOP
SELECT "unterminated
STATUS "INBOX" ("MESSAGES")
LIST "" "\\\\x"
LOGOUT
""")

script("idle", INBOX + """
2> SELECT INBOX
IDLE
2> APPEND INBOX @tiny
2> STORE 1 +FLAGS ($Idle)
2> EXPUNGE
~ recent
DONE
~ recent
FETCH 1:* (UID FLAGS)
IDLE
DONE
NOOP
UNSELECT
IDLE
2> CLOSE
2> APPEND INBOX @tiny
DONE
2> IDLE
2> DONE
""")

script("esort", INBOX + "\n".join(
    f"{verb} RETURN {returns} ({order}) UTF-8 {key}" for verb in ("SORT", "UID SORT")
    for returns in ("(MIN)", "(MAX)", "(COUNT)", "(MIN MAX COUNT ALL)", "(SAVE)", "(NOSUCH)")
    for order in ("DATE", "REVERSE SIZE") for key in ("ALL", "SEEN", "LARGER 9999")) + """
UID FETCH $ FLAGS
""")

script("fields", """
APPEND INBOX @bodiless
APPEND INBOX @headless
APPEND INBOX @nested
SELECT INBOX
FETCH 1:3 BODY.PEEK[HEADER.FIELDS (SUBJECT X-Y)]
FETCH 1:3 BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]
FETCH 1:3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<3.5>
FETCH 3 (BODY.PEEK[1.1.MIME] BODY.PEEK[1.2.MIME] BODY.PEEK[2.1.MIME])
FETCH 3 (BODY.PEEK[2.HEADER] BODY.PEEK[2.HEADER.FIELDS (FROM)] BODY.PEEK[2.1] BODY.PEEK[2.2])
FETCH 3 (BODY.PEEK[1]<3.9> BODY.PEEK[2.1]<2.100>)
FETCH 3 (BINARY.PEEK[2.2] BINARY.SIZE[2.2] BINARY.PEEK[2.2]<2.3>)
FETCH 1:3 (RFC822.SIZE RFC822.HEADER)
FETCH 1:3 RFC822.TEXT
FETCH 1:3 FLAGS
""")

script("many", "\n".join("APPEND INBOX @" + name for name in sorted(MAIL)) + """
SELECT INBOX
FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
~ charset delimiter
FETCH 1:* (BODYSTRUCTURE UID)
FETCH 2:4,7,9:* (BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)] UID)
~ keywords-told
STORE 2:4 +FLAGS.SILENT (\\Deleted one)
STORE 6:* +FLAGS (two)
SEARCH KEYWORD one
SEARCH NOT KEYWORD one NOT KEYWORD two
SEARCH OR KEYWORD one (KEYWORD two LARGER 200)
UID EXPUNGE 3
CREATE there
COPY 1:* there
UID MOVE 5:9 there
EXPUNGE
STATUS INBOX (MESSAGES UIDNEXT UNSEEN)
STATUS there (MESSAGES UIDNEXT UNSEEN)
SELECT there
FETCH 1:* (UID FLAGS)
SORT (SUBJECT) UTF-8 ALL
SORT (REVERSE DATE) UTF-8 ALL
SORT (FROM TO) UTF-8 ALL
THREAD REFERENCES UTF-8 ALL
THREAD ORDEREDSUBJECT UTF-8 ALL
""")

script("names", """
SELECT INBOX
CREATE "&ZeVnLIqe-"
CREATE "a&AOQ-b"
CREATE "&2D3eAA-"
CREATE "x&AOQA9g-"
LIST "" %
SELECT "&ZeVnLIqe-"
STATUS "a&AOQ-b" (MESSAGES)
RENAME "a&AOQ-b" "b&AOQ-a"
SUBSCRIBE "b&AOQ-a"
LSUB "" *
DELETE "&2D3eAA-"
LIST "" "&*"
LIST "" "b&AOQ-%"
CREATE "&AOQ"
CREATE "&AGEAYg-"
CREATE "&&-"
CREATE "a b c"
CREATE "with.dot"
CREATE "trailing "
CREATE " leading"
LIST "" %
~ utf7
CREATE "&AOR-"
""")
