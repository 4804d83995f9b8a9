"""How the torture set is written down.

    message(NAME, CONTENT, ASPECT=…, python={ASPECT: why})

CONTENT: a str has a character for each byte (latin-1; `u("ä")` where UTF-8 is meant) and
"\\n" for CRLF; bytes are as they are. What ASPECTs of it have to be is Python's opinion,
unless it is said here; where Python's is another, `python` has the reason.

    structure   "multipart/mixed[text/plain message/rfc822[text/html]]"
    bodies      of its leaves, encoded as they are; bytes: decoded
    text        of its leaves that are text/plain, decoded, as str
    names       of its leaves that have one, RFC 2231 and RFC 2047 decoded
    subject     decoded
    from_, to, cc: [(name, address), …]
"""
MESSAGES = []


class Message:
    def __init__(self, name, text, python, known):
        self.name, self.python, self.known = name, python, known
        self.bytes = text if isinstance(text, bytes) else (
            text.replace("\n", "\r\n").encode("latin-1"))


def message(name, content, python=None, **known):
    assert name not in [one.name for one in MESSAGES], name
    MESSAGES.append(Message(name, content, python or {}, known))


def u(text):
    """UTF-8, a character for each byte."""
    return text.encode().decode("latin-1")


def raw(data):
    """Bytes as a str with a character for each."""
    return data.decode("latin-1")
