"""Where two IMAP servers may differ, and which section of an RFC lets them.

A rule takes both answers to a command, theirs and ours (imap_words.responses), and gives back
what of them has to be the same.
"""
import calendar
import re
import time


def each(function):
    """Of each response: None leaves it out."""
    return lambda said, *_: [x for x in map(function, said) if x is not None]


# --- In every answer ---

def date(text):
    """" 1-Jan-…" or "01-Jan-…" (RFC 9051 9: date-day-fixed); a moment ago is now."""
    if text.endswith(b" +0000"):
        then = time.strptime(text.decode().strip(), "%d-%b-%Y %H:%M:%S +0000")
        if abs(time.time() - calendar.timegm(then)) < 3600:
            return b"now"
    return text.replace(b" ", b"0", 1) if text.startswith(b" ") else bytes(text)


def hide_values(r):
    """Values a server chooses: UIDVALIDITY, mod-sequences, ids of mailboxes and messages
    (RFC 9051 2.3.1.1, RFC 7162 3.1, RFC 8474 4)."""
    if r[0] in ("state", "end") and r[2]:
        code = r[2]
        if code[0] in (b"MAILBOXID", b"CLIENTBUG") and r[0] == "end":
            return r[:2] + (None,)
        if code[0] in (b"UIDVALIDITY", b"HIGHESTMODSEQ", b"MAILBOXID"):
            code = code[:1]
        elif code[0] in (b"APPENDUID", b"COPYUID"):
            code = code[:1] + code[2:]
        return r[:2] + (code,)
    if r[0] == "FETCH":
        return r[:2] + (tuple((k, b"*" if k == b"MODSEQ" else
                               date(v) if k in (b"INTERNALDATE", b"SAVEDATE") else v) for k, v in r[2]),)
    if r[0] == "STATUS":
        return r[:2] + (tuple((k, b"*" if k in (
            b"UIDVALIDITY", b"HIGHESTMODSEQ", b"MAILBOXID") else v) for k, v in r[2]),)
    if r[0] == "SEARCH":
        return r[:2] + tuple(("MODSEQ",) for _ in r[2:])
    if r[0] == "ESEARCH":
        return r[:2] + (tuple((k, b"*" if k == b"MODSEQ" else v) for k, v in r[2]),)
    return r


def hide_more(r):
    """OBJECTID (RFC 8474 4.2) is ours only; HIGHESTMODSEQ is said before it was asked for, or
    not (RFC 7162 3.1.2.1)."""
    return None if r[0] == "state" and r[2] and r[2][0] in (
        b"MAILBOXID", b"HIGHESTMODSEQ") or r == ("state", "OK", None) else r


def hide_unmarked(r):
    """\\HasNoChildren, \\Marked and \\UnMarked are said or not (RFC 9051 7.3.1)."""
    if r[0] in ("LIST", "LSUB"):
        return (r[0], tuple(a for a in r[1] if a not in (b"\\unmarked", b"\\marked"))) + r[2:]
    return r


CHILDREN = (b"\\haschildren", b"\\hasnochildren")


def hide_children(said, command):
    """Whether a mailbox has children is said by LIST as RFC 3501 has it, and where it is asked
    for; elsewhere it may be (RFC 5258 4)."""
    words = command.upper()
    if words.startswith(b"LIST") and not (
            b"(" in words or b"CHILDREN" in words) or b"CHILDREN" in words:
        return said
    return [r[:1] + (tuple(a for a in r[1] if a not in CHILDREN),) + r[2:]
            if r[0] in ("LIST", "LSUB") else r for r in said]


def hide_uids(said, command):
    """UIDs of messages whose flags have changed may be told with them (RFC 9051 7.5.2)."""
    if b"UID" in command.upper():
        return said
    return [r[:2] + (tuple(x for x in r[2] if x[0] != b"UID"),) if r[0] == "FETCH" else r
            for r in said]


ALWAYS = [each(hide_values), each(hide_more), each(hide_unmarked), hide_children, hide_uids]


def both(function):
    return lambda theirs, ours: (each(function)(theirs), each(function)(ours))


def no_more(wanted):
    """What only we say does not count, where WANTED of it."""
    return lambda theirs, ours: (theirs, [r for r in ours if r in theirs or not wanted(r)])


def no_less(wanted):
    """The same for them."""
    return lambda theirs, ours: ([r for r in theirs if r in ours or not wanted(r)], ours)


def not_the_grammar(theirs, ours):
    """What is not of the grammar is BAD here, and nothing is done."""
    return ([], []) if ours == [("end", "BAD", None)] else (theirs, ours)


def refused(theirs, ours):
    return ([], []) if theirs[-1][1] != "OK" != ours[-1][1] else (theirs, ours)


def ours_refused(theirs, ours):
    return ([], []) if ours[-1][1] == "NO" and len(ours) == 1 else (theirs, ours)


def hits(theirs, ours):
    """Any hits."""
    return both(lambda r: r[:1] if r[0] in ("SEARCH", "ESEARCH") else r)(theirs, ours)


def no_part(r):
    """Sections of parts that are not there, or empty."""
    if r[0] != "FETCH":
        return r
    return r[:2] + (tuple((k, b"" if v == b"NIL" and k.startswith((b"BODY[", b"BINARY[")) else v)
                          for k, v in r[2]),)


def without_charset(words):
    """The structure without the charset of text that names none."""
    if not isinstance(words, tuple):
        return words
    if len(words) > 5 and isinstance(words[0], bytes) and words[0].lower() == b"text" and \
            words[2] in (b"NIL", (b"charset", b"us-ascii")):
        words = words[:2] + (b"NIL",) + words[3:]
    return tuple(map(without_charset, words)) if not isinstance(words, bytes) else words


def structure(r):
    if r[0] != "FETCH":
        return r
    return r[:2] + (tuple((k, without_charset(v) if k in (b"BODY", b"BODYSTRUCTURE") else v)
                          for k, v in r[2]),)


def without_ends(r):
    """Bodies without a last CRLF, sizes of embedded messages, which may end in one."""
    def plain(words):
        if not isinstance(words, tuple):
            return words
        if len(words) > 9 and words[1] == b"rfc822":
            words = words[:6] + (b"*",) + words[7:9] + (b"*",) + words[10:]
        return tuple(map(plain, words))

    if r[0] != "FETCH":
        return r
    return r[:2] + (tuple(
        (k, v.removesuffix(b"\r\n") if k.startswith((b"BODY[", b"BINARY[")) else
         b"*" if k.startswith(b"BINARY.SIZE") else plain(v)) for k, v in r[2]),)


def without_recent(said):
    return [r[:2] + (tuple((k, tuple(f for f in v if f != b"\\Recent") if k == b"FLAGS" else v)
                           for k, v in r[2]),) if r[0] == "FETCH" else r
            for r in said if r[0] != "RECENT"]


def without_quota_name(r):
    if r[0] == "QUOTA":
        return ("QUOTA", r[2])
    return r[:2] if r[0] == "QUOTAROOT" else r


def rights(r):
    """Rights are a set, entries are in any order (RFC 4314 2.1, 3.6); the owner has the name
    a server gives him."""
    if r[0] == "MYRIGHTS":
        return r[:2] + (sorted(r[2]),)
    if r[0] == "LISTRIGHTS":
        return r[:4] + (sorted(r[4:]),)
    if r[0] == "ACL":
        pairs = zip(r[2::2], map(sorted, r[3::2]))
        return r[:2] + (sorted((b"owner" if re.match(rb"u\d", who) else who, what)
                               for who, what in pairs),)
    return r


FLAGS = lambda r: r[0] == "FLAGS" or r[:2] == ("state", "OK") and r[2] and \
    r[2][0] == b"PERMANENTFLAGS"
FETCHED = lambda r: r[0] == "FETCH"

RULES = {
    # "! " in front of a command.
    "syntax": ("RFC 9051 2.2.1, 7.1.3: what does not match the syntax is BAD", not_the_grammar),
    "refused": ("RFC 9051 7.1: NO or BAD, where both refuse", refused),
    "id": ("RFC 2971 3.2: who it is", both(lambda r: None if r[0] == "ID" else r)),
    "enabled": ("RFC 5161 3.2: ENABLED is said even when it is nothing",
                no_more(lambda r: r[0] == "ENABLED")),
    "trailing": ("RFC 9051 6.3.4: a separator at the end is ignored; here the mailbox is made",
                 ours_refused),
    "root": ("RFC 9051 6.3.9: of the reference's root, which may be the empty string",
             both(lambda r: ("LIST",) if r[0] == "LIST" else r)),
    "subscribe-any": ("RFC 9051 6.3.7: a server may look whether it is there, or not",
                      both(lambda r: None if r[0] == "end" else r)),
    "no-part": ("RFC 9051 6.4.5, 9 (nstring): a section that is not there is NIL or empty",
                both(no_part)),
    "charset": ("RFC 2046 4.1.2: text that names no charset is us-ascii, said or not",
                both(structure)),
    "stored": ("RFC 9051 6.4.6: flags that stay as they are are told all the same",
               no_more(FETCHED)),
    "keywords-told": ("RFC 9051 7.3.5: new keywords are told of when a message has them",
                      no_less(FLAGS)),
    "read-only": ("RFC 9051 6.3.3: nothing is changed, and that is said", ours_refused),
    "flexible": ("RFC 9051 6.4.4: a server may match text as it likes", hits),
    "no-date": ("RFC 9051 6.4.4 speaks of messages that have a Date", hits),
    "delimiter": ("RFC 2046 5.1.1: the CRLF in front of a boundary is the boundary's, behind a "
                  "multipart or a message, too", both(without_ends)),
    "binary-composite": ("RFC 9051 6.4.5: what is decoded is a part's own encoding; parts in it "
                         "stay as they are", both(lambda r: None if r[0] == "FETCH" else r)),
    "order": ("RFC 9051 7.5.1: flags told before or behind EXPUNGE, by the numbers of then",
              both(lambda r: ("FETCH", 0) + r[2:] if r[0] == "FETCH" else r)),
    "recent": ("RFC 3501 2.3.2: which of two sessions sees a message as \\Recent is not defined",
               lambda theirs, ours: (without_recent(theirs), without_recent(ours))),
    "utf7": ("RFC 3501 5.1.3: bits that are left over are 0", ours_refused),
    "recursive": ("RFC 5258 3.1, notes 1 and 2: a level that matches is listed, whether or not "
                  "what is below it does, too", no_more(lambda r: r[0] == "LIST")),
    "highest": ("RFC 7162 3.2.7: HIGHESTMODSEQ is for EXPUNGE, and said elsewhere or not",
                both(lambda r: r[:2] + (None,) if r[0] == "end" else r)),
    "quota-name": ("RFC 9208 3.2: a quota root has the name a server gives it",
                   both(without_quota_name)),
    "rights": ("RFC 4314 2.1, 3.6: rights and entries in any order", both(rights)),
    "rights-of-nothing": ("RFC 4314 6: what is not there has no rights", ours_refused),
    "quota-root": ("RFC 9208 4.1.2: there has to be such a mailbox", ours_refused),
}
