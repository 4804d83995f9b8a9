"""The torture set (tests/mime) in both servers: every item of FETCH for each message.

Messages where the two see something else, and why: what each of them may do with a message
that is not as the RFCs have it. A message that is listed and seen alike fails, too.
"""
import os
import sys

from imap_oracle_rules import RULES

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mime"))

ITEMS = ["ENVELOPE", "BODYSTRUCTURE", "BODY", "RFC822.SIZE", "RFC822.HEADER", "BODY.PEEK[]",
         "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[1]", "BODY.PEEK[1.MIME]",
         "BODY.PEEK[1.HEADER]", "BODY.PEEK[2]", "BODY.PEEK[2.MIME]", "BODY.PEEK[1.2]",
         "BODY.PEEK[HEADER.FIELDS (SUBJECT FROM TO)]",
         "BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT FROM TO)]", "BODY.PEEK[]<5.20>",
         "BODY.PEEK[TEXT]<3.10>"]
DECODED = ["BINARY.PEEK[1]", "BINARY.SIZE[1]"]
ANYWHERE = ("charset", "no-part", "delimiter")

DIFFERENT = {
    # RFC 2045 2.1, RFC 5322 2.2: a message begins with fields, or it has none. Dovecot passes
    # over what is no field.
    "a first line that is no field: no header": [
        "no header: the first line is garbage", "no header: it begins with a colon",
        "no header: it begins with a space", "an envelope line in quotes",
        "a message in a message that is garbage", "a part without a header",
        "a part with a fold first"],
    # RFC 9051 7.5.2 has a header's value unfolded; how much space is left is not said.
    "spaces of folds": ["a fold", "a fold of spaces only", "subject: a tab"],
    "RFC 5322 3.6: two where there may be one; the first, or the last": [
        "fields twice", "two encodings"],
    # RFC 9051 6.4.5: "except in the case of a message that has no body and no blank line".
    "no blank line where there is none": [
        "a header and nothing else", "a header without a blank line"],
    "RFC 9051 4.3.1: bytes go out as they came; Dovecot puts 0x80 for NUL, and encodes binary "
    "parts anew": ["NUL in a body", "NUL in a header", "binary: bytes"],
    # RFC 3516 4.3: what cannot be decoded is NO, or what can be is given.
    "decoded as far as it goes": [
        "quoted-printable: no digits", "quoted-printable: a sign twice",
        "base64: padding too many", "base64: garbage inside", "base64: in pieces, each padded",
        "base64: words of a list behind it", ": nothing"],
    "RFC 9051 6.4.5: NO [UNKNOWN-CTE], with NIL or without the item": [
        "quoted_printable: an underscore", "x-mine: a kind nobody knows",
        "x-uuencode: UUencode"],
    "RFC 9051 6.4.5: decoded is a part's own encoding; parts in it stay as they are": [
        "a newsletter"],
    # RFC 2045 5.2: "the default … when the header field is syntactically invalid".
    "a Content-Type that is none: text/plain, or what can be read of it": [
        "type: no subtype", "type: an empty subtype", "type: no type", "type: an empty type",
        "type: only parameters", "type: a type in quotes", "type: words behind it",
        "type: a comma", "type: a slash too many", "type: bytes above 127"],
    "parameters behind one that is none; how many": [
        "type: two semicolons", "type: a parameter without a value",
        "type: a quote that does not end", "type: 1000 parameters",
        "base64; x=y: a parameter", "file: no end of the quote",
        "file: no disposition's word", "file: 200 pieces", "file: pieces with a gap",
        "file: both forms, the other way round"],
    "RFC 2046 4.1.2: us-ascii is said where text has parameters without it, too": [
        "text with a boundary"],
    # RFC 2046 5.1.1: at most 70 characters, the line holds nothing else, without quotes no ":".
    "boundaries that may not be, lines that only begin with one": [
        "a boundary with a colon and no quotes", "a boundary of 100", "a boundary of 1000",
        "a boundary that ends in a space", "a boundary in percents", "an empty boundary",
        "words behind a delimiter", "hyphens behind a delimiter", "a longer boundary"],
    "an empty part behind the last delimiter": ["it ends in a delimiter"],
    "RFC 2046 5.1.1: whose the blank line of an empty part is": [
        "an attached message of nothing"],
    "how many parts, how deep": [
        "2,000 parts", "120 multiparts in each other", "2,000 multiparts in each other"],
    # RFC 9051 7.5.2: an address without a host is a group's begin, so it is given an empty
    # one; Dovecot gives MISSING_DOMAIN.
    "addresses that are none": [
        "address: commas too many", "address: semicolons between", "address: no address",
        "address: empty brackets", "address: spaces inside", "address: no end of the bracket",
        "address: no end of the quote", "address: brackets twice", "address: no domain",
        "address: no local part", "address: two at signs"],
    "RFC 6532 3.7: message/global is a message, too": ["an international message"],
    "RFC 2046 5.1.5: in a digest, message/rfc822 is what has no type": [
        "a digest with something else"],
    "RFC 2046 5.2.1: a message is not encoded; here, it has no header then": [
        "a message that is encoded"],
}
# Dovecot 2.3.19 ends ("Panic") when it is asked for BINARY of these.
ENDS = ("quoted-printable: one digit at the end", "quoted-printable: a sign at the end",
        "base64: no padding", "base64: one character too many")


def messages():
    import contents  # noqa: F401
    import headers  # noqa: F401
    import shapes  # noqa: F401
    from collection import MESSAGES
    return [m for m in MESSAGES if m.bytes]


def why(name):
    return [reason for reason, names in DIFFERENT.items() if name in names]


def difference(item, theirs, ours):
    """[(item, theirs, ours)] of those that are not the same."""
    for rule in ANYWHERE:
        theirs, ours = RULES[rule][1](theirs, ours)
    if theirs == ours:
        return []
    if [r[0] for r in theirs] != ["FETCH", "end"] or [r[0] for r in ours] != ["FETCH", "end"]:
        return [(item, theirs, ours)]
    all_theirs, all_ours = dict(theirs[0][2]), dict(ours[0][2])
    return [(key.decode(), [all_theirs.get(key)], [all_ours.get(key)])
            for key in sorted(set(all_theirs) | set(all_ours))
            if all_theirs.get(key) != all_ours.get(key)] or [(item, theirs, ours)]


def torture(servers, differences, say_both):
    """SAY_BOTH(command) answers as (theirs, ours), normalised."""
    every = messages()
    for message in every:
        say_both(b"APPEND INBOX ~{%d+}\r\n" % len(message.bytes) + message.bytes)
    say_both(b"SELECT INBOX")
    for number, message in enumerate(every, 1):
        items = DECODED if message.name not in ENDS else []
        whole = say_both(b"FETCH %d (%s)" % (number, " ".join(ITEMS).encode()))
        seen = difference(", ".join(ITEMS), *whole)
        for item in items:
            seen += difference(item, *say_both(b"FETCH %d %s" % (number, item.encode())))
        differences.judge(message.name, len(ITEMS) + len(items), seen, why(message.name))
