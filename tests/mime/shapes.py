"""The torture set: headers that are none, types, multiparts, messages in messages."""
from collection import message, u

PLAIN = "text/plain"
GARBAGE = "Python ends a header at its first line that is no field; here only the first " \
    "line decides, and what is no field is passed over (RFC 5322 2.2 knows neither)"
NO_LAST = "Python cuts the last line end where the last delimiter is missing"

# --- No MIME ---
message("nothing at all", b"", structure=PLAIN, bodies=[b""])
message("a blank line", "\n", bodies=[b""])
message("two blank lines", "\n\n", bodies=[b"\r\n"])
message("a header and nothing else", "Subject: x\n", bodies=[b""])
message("a header without a line end", "Subject: x", subject="x", bodies=[b""])
message("a header without a blank line", "Subject: x\nFrom: a@b.example\n", bodies=[b""])
message("a header and a blank line", "Subject: x\n\n", bodies=[b""])
message("plain", "From: a@b.example\nSubject: x\n\none\ntwo\n")
message("no line end at the end", "Subject: x\n\none\ntwo", bodies=[b"one\r\ntwo"])
message("blank lines at the end", "Subject: x\n\none\n\n\n\n")
message("no header: the first line is garbage", "hello\nSubject: x\n\nbody\n", subject="",
        bodies=[b"hello\r\nSubject: x\r\n\r\nbody\r\n"])
message("no header: it begins with a blank line", "\nSubject: x\n\nbody\n", subject="",
        bodies=[b"Subject: x\r\n\r\nbody\r\n"])
message("no header: it begins with a colon", ": x\nSubject: y\n\nbody\n", subject="",
        bodies=[b": x\r\nSubject: y\r\n\r\nbody\r\n"],
        python={"bodies": "Python has fields without a name", "subject": "the same"})
message("no header: it begins with a space", " folded\nSubject: x\n\nbody\n", subject="",
        bodies=[b" folded\r\nSubject: x\r\n\r\nbody\r\n"],
        python={"subject": "Python passes over a fold of nothing", "bodies": "the same"})
message("garbage in a header", "Subject: x\nno field\nTo: a@b.example\n\nbody\n",
        bodies=[b"body\r\n"], to=[("", "a@b.example")],
        python={"bodies": GARBAGE, "to": GARBAGE})
message("an envelope line of mbox", "From a@b.example Sat Jan  1 00:00:00 2022\n"
        "Subject: x\n\nbody\n", subject="x", bodies=[b"body\r\n"])
message("an envelope line in quotes", ">From a@b.example\nSubject: x\n\nbody\n",
        subject="", bodies=[b">From a@b.example\r\nSubject: x\r\n\r\nbody\r\n"])
message("a space before the colon", "Subject : x\n\nbody\n", subject="x",
        bodies=[b"body\r\n"],
        python={"subject": "RFC 5322 4.5 allows it, Python does not", "bodies": "the same"})
message("a tab before the colon", "Subject\t: x\n\nbody\n", subject="x",
        bodies=[b"body\r\n"],
        python={"subject": "RFC 5322 4.5 allows it, Python does not", "bodies": "the same"})
message("no space behind the colon", "Subject:x\n\nbody\n", subject="x")
message("an empty field", "Subject:\nTo: a@b.example\n\nbody\n", subject="")
message("names of fields in all cases", "SUBJECT: x\nfROM: a@b.example\n"
        "content-TYPE: Text/HTML\n\nbody\n", structure="text/html")
message("a fold", "Subject: one\n two\n\tthree\n\nbody\n", subject="one two three")
message("a fold of spaces only", "Subject: one\n \n two\n\nbody\n", subject="one two",
        bodies=[b"body\r\n"])
message("a fold at once", "Subject:\n one\n\nbody\n", subject="one")
message("fields twice", "Subject: one\nSubject: two\n\nbody\n", subject="one")
message("types twice", "Content-Type: text/html\nContent-Type: image/png\n\nbody\n",
        structure="text/html")
message("bytes in a header", u("Subject: grüße\nTo: jö@b.example\n\nbody\n"),
        subject="grüße", to=[("", "jö@b.example")],
        python={"subject": "Python asks for encoded words; RFC 6532 does not",
                "to": "the same"})
message("NUL in a body", "Subject: x\n\na\0b\n", bodies=[b"a\0b\r\n"])
message("NUL in a header", "Subject: a\0b\n\nbody\n", bodies=[b"body\r\n"], subject="a\0b")
message("controls in a header", "Subject: a\x01\x7fb\n\nbody\n", subject="a\x01\x7fb")
message("a very long line", "Subject: x\n\n" + "x" * 200000 + "\n")
message("a very long field", "Subject: " + "x" * 200000 + "\n\nbody\n")
message("many fields", "".join(f"X-{n}: {n}\n" for n in range(5000)) + "Subject: x\n\nbody\n")
message("many folds", "Subject: x\n" + " y\n" * 5000 + "\nbody\n")
message("lines that end in LF", b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n\none\n--b\n\ntwo\n--b--\n", structure=PLAIN,
        bodies=[b"--b\n\none\n--b\n\ntwo\n--b--\n"],
        subject="xContent-Type: multipart/mixed; boundary=b",
        python={what: "what is stored has CRLF, what has LF only ends no field"
                for what in ("structure", "bodies", "subject")})
message("a bare CR in a body", "Subject: x\n\none\rtwo\n", bodies=[b"one\rtwo\r\n"])
message("no version of MIME", "Content-Type: text/html\n\n<p>x</p>\n", structure="text/html")
message("a version of MIME there is not", "MIME-Version: 7.0\nContent-Type: text/html\n\nx\n",
        structure="text/html")

# --- Types ---
INVALID = "what is no type is text/plain (RFC 2045 5.2)"
TYPES = [
    ("no subtype", "text", PLAIN, {}),
    ("an empty subtype", "text/", PLAIN, {"structure": INVALID}),
    ("no type", "/plain", PLAIN, {"structure": INVALID}),
    ("an empty type", "", PLAIN, {}),
    ("only parameters", "; charset=utf-8", PLAIN, {}),
    ("a type in quotes", '"text/html"', PLAIN, {"structure": INVALID}),
    ("words behind it", "text/html and more", "text/html", {
        "structure": "Python takes all to the semicolon for the type"}),
    ("a comment", "text/html (of a kind); charset=utf-8", "text/html", {
        "structure": "Python knows no comments (RFC 2045 5.1)"}),
    ("a comment first", "(a (nested \\) one)) text/html", "text/html", {
        "structure": "Python knows no comments (RFC 2045 5.1)"}),
    ("spaces at the slash", "text / html", "text/html", {
        "structure": "Python keeps spaces"}),
    ("upper case", "TEXT/HTML; CHARSET=UTF-8", "text/html", {}),
    ("a comma", "text/html, charset=utf-8", "text/html", {
        "structure": "Python takes all to the semicolon for the type"}),
    ("a slash too many", "text/html/x", "text/html", {"structure": INVALID}),
    ("an extension token", "x-a/x-b", "x-a/x-b", {}),
    ("a tree of types", "application/vnd.oasis.opendocument.text", None, {}),
    ("a plus", "image/svg+xml", None, {}),
    ("bytes above 127", u("text/plän"), "text/pl", {
        "structure": "the token ends where it has to"}),
    ("two semicolons", "text/html;; charset=utf-8", "text/html", {}),
    ("a semicolon at the end", "text/html; charset=utf-8;", "text/html", {}),
    ("a parameter without a value", "text/html; charset; x=y", "text/html", {}),
    ("a fold before the slash", "text\n /html", "text/html", {"structure": "Python keeps spaces"}),
    ("a fold before a parameter", "text/html;\n\tcharset=utf-8", "text/html", {}),
    ("a quote that does not end", 'text/html; charset="utf-8', "text/html", {}),
    ("a type of 2000 bytes", "x" * 1000 + "/" + "y" * 999, None, {}),
    ("1000 parameters", "text/html" + "".join(f"; p{n}={n}" for n in range(1000)), "text/html",
     {}),
]
for name, value, structure, python in TYPES:
    message("type: " + name, f"Content-Type: {value}\n\nbody\n", python=python,
            **({"structure": structure} if structure else {}))

# --- Multiparts ---
MIXED = "Content-Type: multipart/mixed; boundary="


def mixed(boundary, body, quoted=None):
    return f"Subject: x\n{MIXED}{quoted or boundary}\n\n{body}"


ONE, TWO = "multipart/mixed[text/plain]", "multipart/mixed[text/plain text/plain]"
message("two parts", mixed("b", "--b\n\none\n--b\n\ntwo\n--b--\n"), structure=TWO,
        bodies=[b"one", b"two"])
message("preamble and epilogue", mixed("b", "pre\n\n--b\n\none\n--b--\nepi\n--b\n\nno\n"),
        structure=ONE, bodies=[b"one"])
message("a preamble that looks like a part", mixed("b", "Subject: y\n\nx\n--b\n\none\n--b--\n"),
        structure=ONE, bodies=[b"one"])
message("a boundary in quotes", mixed("", "--a b:c\n\none\n--a b:c--\n", '"a b:c"'),
        structure=ONE, bodies=[b"one"])
message("a boundary with quoted pairs", mixed("", "--a\"b\\c\n\none\n--a\"b\\c--\n",
                                              '"a\\"b\\\\c"'), structure=ONE, bodies=[b"one"])
message("a boundary that is a word it may not be", mixed("", "--=_a/b?c\n\none\n--=_a/b?c--\n",
                                                         "=_a/b?c"), structure=ONE,
        bodies=[b"one"])
message("a boundary with a colon and no quotes", mixed("", "--a:b\n\none\n--a:b--\n", "a:b"),
        structure=ONE, bodies=[b"one"])
message("a boundary of 70", mixed("b" * 70, f"--{'b' * 70}\n\none\n--{'b' * 70}--\n"),
        structure=ONE)
message("a boundary of 100", mixed("b" * 100, f"--{'b' * 100}\n\none\n--{'b' * 100}--\n"),
        structure=ONE)
message("a boundary of 1000", mixed("b" * 1000, f"--{'b' * 1000}\n\none\n--{'b' * 1000}--\n"),
        structure="multipart/mixed[]", bodies=[], python={
            "structure": "RFC 2046 5.1.1 allows 70, here 200 are read", "bodies": "the same"})
message("a boundary that ends in a space", mixed("", "--b\n\none\n--b--\n", '"b "'),
        structure=ONE, bodies=[b"one"])
message("a boundary that begins with a space", mixed("", "-- b\n\none\n-- b--\n", '" b"'),
        structure=ONE, bodies=[b"one"])
message("a boundary of hyphens", mixed("", "------\n\none\n--------\n", "----"),
        structure=ONE, bodies=[b"one"])
message("a boundary that ends in hyphens", mixed("", "--b--\n\none\n--b----\n", '"b--"'),
        structure=ONE, bodies=[b"one"])
message("a boundary of special characters", mixed("", "--(.*)+?[x]\n\none\n--(.*)+?[x]--\n",
                                                  '"(.*)+?[x]"'), structure=ONE)
message("a boundary behind other parameters", "Content-Type: multipart/mixed; charset=utf-8;\n"
        " format=flowed; boundary=b\n\n--b\n\none\n--b--\n", structure=ONE)
message("two boundaries", mixed("", "--b\n\none\n--b--\n", "b; boundary=c"), structure=ONE)
message("a boundary in pieces", mixed("", "--one two\n\none\n--one two--\n",
                                      "x").replace("boundary=x", 'boundary*0="one ";\n'
                                                   ' boundary*1="two"'),
        structure=ONE, bodies=[b"one"])
message("a boundary in percents", mixed("", "--a b\n\none\n--a b--\n", "x").replace(
    "boundary=x", "boundary*=us-ascii''a%20b"), structure=ONE, bodies=[b"one"])
message("no boundary", "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
        structure="multipart/mixed[]")
message("an empty boundary", 'Content-Type: multipart/mixed; boundary=""\n\n--\n\none\n----\n',
        structure="multipart/mixed[]",
        bodies=[], python={"structure": "RFC 2046 5.1.1: a boundary has a character",
                           "bodies": "the same"})
message("a boundary that never comes", mixed("b", "one\ntwo\n"), structure="multipart/mixed[]")
message("a multipart without a body", mixed("b", ""), structure="multipart/mixed[]")
message("no last delimiter", mixed("b", "--b\n\none\n--b\n\ntwo\n"), structure=TWO,
        bodies=[b"one", b"two\r\n"], python={"bodies": NO_LAST})
message("it ends within a part's header", mixed("b", "--b\n\none\n--b\nContent-Type: text/pl"),
        structure="multipart/mixed[text/plain text/pl]", bodies=[b"one", b""])
message("it ends behind a delimiter", mixed("b", "--b\n\none\n--b\n"), structure=TWO,
        bodies=[b"one", b""])
message("it ends in a delimiter", mixed("b", "--b\n\none\n--b"), structure=TWO,
        bodies=[b"one", b""])
message("only a last delimiter", mixed("b", "--b--\n"), structure="multipart/mixed[]")
message("two last delimiters", mixed("b", "--b\n\none\n--b--\n--b--\n"), structure=ONE)
message("parts behind the last delimiter", mixed("b", "--b\n\none\n--b--\n--b\n\ntwo\n--b--\n"),
        structure=ONE, bodies=[b"one"])
message("no blank line before the body", "Content-Type: multipart/mixed; boundary=b\n"
        "--b\n\none\n--b--\n", structure="multipart/mixed[]", bodies=[],
        python={"structure": GARBAGE, "bodies": GARBAGE})
message("a part without a header", mixed("b", "--b\none\n--b--\n"), structure=ONE,
        bodies=[b"one"])
message("a part of a header only", mixed("b", "--b\nContent-Type: text/html\n--b\n\ntwo\n--b--\n"),
        structure="multipart/mixed[text/html text/plain]", bodies=[b"", b"two"])
message("an empty part", mixed("b", "--b\n\n--b\n\ntwo\n--b--\n"), structure=TWO,
        bodies=[b"", b"two"])
message("parts of nothing", mixed("b", "--b\n--b\n--b--\n"), structure=TWO,
        bodies=[b"", b""], python={"structure": "RFC 2046 5.1.1: a part may be nothing",
                                   "bodies": "the same"})
message("a part of a line end", mixed("b", "--b\n\n\n--b--\n"), structure=ONE, bodies=[b""])
message("a part of two line ends", mixed("b", "--b\n\n\n\n--b--\n"), structure=ONE,
        bodies=[b"\r\n"])
message("spaces behind a delimiter", mixed("b", "--b \t\n\none\n--b-- \n"), structure=ONE,
        bodies=[b"one"])
message("words behind a delimiter", mixed("b", "--b x\n\nno\n--b\n\none\n--b--\n"),
        structure=ONE, bodies=[b"one"])
message("hyphens behind a delimiter", mixed("b", "--b-\n--b\n\none\n--b---\n--b--\n"),
        structure=ONE, bodies=[b"one\r\n--b---"])
message("a delimiter that is indented", mixed("b", " --b\n\nno\n--b\n\none\n --b--\n--b--\n"),
        structure=ONE, bodies=[b"one\r\n --b--"])
message("a delimiter in the middle of a line", mixed("b", "--b\n\none --b\n\n--b--\n"),
        structure=ONE, bodies=[b"one --b\r\n"])
message("a boundary in another case", mixed("b", "--b\n\none\n--B\n\ntwo\n--b--\n"),
        structure=ONE)
message("a longer boundary", mixed("b", "--b\n\none\n--bb\n\nx\n--b--\n"), structure=ONE)
message("parts with types", mixed("b", "--b\nContent-Type: text/html\n\n<p>\n--b\n"
                                  "Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\n"
                                  "R0lGODlh\n--b--\n"),
        structure="multipart/mixed[text/html image/gif]")
message("a multipart that is encoded", "Content-Transfer-Encoding: base64\n"
        + mixed("b", "--b\n\none\n--b--\n"), structure=ONE, bodies=[b"one"])
message("a part with a fold first", mixed("b", "--b\n folded\nContent-Type: text/html\n\nx\n--b--\n"),
        structure=ONE,
        bodies=[b" folded\r\nContent-Type: text/html\r\n\r\nx"],
        python={"structure": "Python passes over a fold of nothing", "bodies": "the same"})
message("an upper-case multipart", "Content-Type: MULTIPART/MIXED; BOUNDARY=b\n\n"
        "--b\n\none\n--b--\n", structure=ONE)
message("a multipart of a kind nobody knows", "Content-Type: multipart/x-y; boundary=b\n\n"
        "--b\n\none\n--b--\n", structure="multipart/x-y[text/plain]")
message("text with a boundary", "Content-Type: text/plain; boundary=b\n\n--b\n\none\n--b--\n",
        structure=PLAIN)
message("1,000 parts", mixed("b", "".join(f"--b\n\n{n}\n" for n in range(999)) + "--b--\n"),
        structure="multipart/mixed[" + " ".join([PLAIN] * 999) + "]")
message("2,000 parts", mixed("b", "".join(f"--b\n\n{n}\n" for n in range(2000)) + "--b--\n"),
        structure="multipart/mixed[" + " ".join([PLAIN] * 999) + "]",
        python={"structure": "1,000 entities are entered, what follows stays with the last",
                "bodies": "the same"},
        bodies=[b"%d" % n for n in range(998)]
        + [b"\r\n--b\r\n\r\n".join(b"%d" % n for n in range(998, 2000))])


# --- Multiparts in multiparts ---
def nest(depth, inside="--b{n}\n\nx\n"):
    text = ""
    for n in range(depth):
        text += f"--b{n - 1}\n" if n else ""
        text += f"Content-Type: multipart/mixed; boundary=b{n}\n\n"
    text += inside.format(n=depth - 1)
    return text + "".join(f"--b{n}--\n" for n in reversed(range(depth)))


def nested(depth, inside=PLAIN):
    return "multipart/mixed[" * depth + inside + "]" * depth


message("a multipart in a multipart", nest(2), structure=nested(2))
message("50 multiparts in each other", nest(50), structure=nested(50))
message("99 multiparts in each other", nest(99), structure=nested(99))
message("120 multiparts in each other", nest(120), structure=nested(100, "").replace("[]", "[]"),
        python={"structure": "100 levels are entered", "bodies": "the same"}, bodies=[])
message("2,000 multiparts in each other",
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000)),
        structure=nested(100, ""),
        python={"structure": "100 levels are entered", "bodies": "the same"}, bodies=[])
message("an outer delimiter ends what is inside", mixed(
    "o", "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain] text/plain]",
    bodies=[b"one", b"two"])
message("an outer end ends what is inside", mixed(
    "o", "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--o--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain]]", bodies=[b"one"])
message("the same boundary twice", mixed(
    "b", "--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n"
    "--b\n\ntwo\n--b--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain] text/plain]",
    bodies=[b"one", b"two"],
    python={"structure": "inside, Python asks for the outer one first", "bodies": "the same"})
message("an inner boundary begins with the outer one", mixed(
    "b", "--b\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2--\n"
    "--b\n\ntwo\n--b--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain] text/plain]",
    bodies=[b"one", b"two"])
message("an outer boundary begins with the inner one", mixed(
    "b2", "--b2\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n"
    "--b2\n\ntwo\n--b2--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain] text/plain]",
    bodies=[b"one", b"two"])
message("an inner delimiter behind its end", mixed(
    "o", "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--i--\n--i\n\nno\n"
    "--o\n\ntwo\n--o--\n"),
    structure="multipart/mixed[multipart/alternative[text/plain] text/plain]",
    bodies=[b"one", b"two"])
message("an empty multipart in one", mixed(
    "o", "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i--\n--o\n\ntwo\n--o--\n"),
    structure="multipart/mixed[multipart/alternative[] text/plain]",
    bodies=[b"two"])
message("a newsletter", "Content-Type: multipart/mixed; boundary=m\n\n--m\n"
        "Content-Type: multipart/related; boundary=r\n\n--r\n"
        "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nhi\n"
        "--a\nContent-Type: text/html\n\n<p>hi</p>\n--a--\n\n--r\nContent-Type: image/png\n"
        "Content-ID: <i@x>\nContent-Transfer-Encoding: base64\n\niVBORw0K\n--r--\n\n--m\n"
        "Content-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment;\n"
        " filename=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--m--\n",
        structure="multipart/mixed[multipart/related[multipart/alternative[text/plain text/html]"
        " image/png] application/pdf]", names=["a.pdf"])
message("a signed message", "Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256;\n"
        " protocol=\"application/pgp-signature\"\n\n--b\nContent-Type: text/plain\n\nsigned \n\n--b\n"
        "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
        "-----END PGP SIGNATURE-----\n--b--\n",
        structure="multipart/signed[text/plain application/pgp-signature]")
message("a form", "Content-Type: multipart/form-data; boundary=b\n\n--b\n"
        "Content-Disposition: form-data; name=\"f\"; filename=\"g.txt\"\n\nx\n--b--\n",
        structure="multipart/form-data[text/plain]", names=["g.txt"])

# --- Messages in messages ---
MESSAGE = "Content-Type: message/rfc822\n\n"
message("a message in a message", MESSAGE + "Subject: in\n\nbody\n",
        structure="message/rfc822[text/plain]", bodies=[b"body\r\n"])
message("a message in a message without a header", MESSAGE + "\nbody\n",
        structure="message/rfc822[text/plain]", bodies=[b"body\r\n"])
message("a message in a message that is empty", MESSAGE, structure="message/rfc822[text/plain]",
        bodies=[b""])
message("a message in a message that is garbage", MESSAGE + "garbage\n",
        structure="message/rfc822[text/plain]", bodies=[b"garbage\r\n"])
message("an attached message", mixed("b", "--b\n\nsee\n--b\n" + MESSAGE + "Subject: in\n\nbody\n"
                                     "--b--\n"),
        structure="multipart/mixed[text/plain message/rfc822[text/plain]]",
        bodies=[b"see", b"body"])
message("an attached message with parts", mixed("b", "--b\n" + MESSAGE + "Subject: in\n" + MIXED
                                                + "i\n\n--i\n\none\n--i--\n--b\n\ntwo\n--b--\n"),
        structure="multipart/mixed[message/rfc822[multipart/mixed[text/plain]] text/plain]",
        bodies=[b"one", b"two"])
message("an attached message that is cut", mixed("b", "--b\n" + MESSAGE + "Subject: in\n" + MIXED
                                                 + "i\n\n--i\n\none\n--b--\n"),
        structure="multipart/mixed[message/rfc822[multipart/mixed[text/plain]]]",
        bodies=[b"one"])
message("an attached message cut in its header", mixed("b", "--b\n" + MESSAGE + "Subject: in\n"
                                                       "--b\n\ntwo\n--b--\n"),
        structure="multipart/mixed[message/rfc822[text/plain] text/plain]",
        bodies=[b"", b"two"])
message("an attached message of nothing", mixed("b", "--b\n" + MESSAGE + "--b--\n"),
        structure="multipart/mixed[message/rfc822[text/plain]]", bodies=[b""])
message("a message that is encoded", mixed(
    "b", "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    "U3ViamVjdDogaW4NCg0KYm9keQ0K\n--b--\n"),
    structure="multipart/mixed[message/rfc822[text/plain]]",
    bodies=[b"U3ViamVjdDogaW4NCg0KYm9keQ0K"])
message("20 messages in each other", MESSAGE * 20 + "Subject: in\n\nbody\n",
        structure="message/rfc822[" * 20 + PLAIN + "]" * 20)
message("98 messages in each other", MESSAGE * 98 + "Subject: in\n\nbody\n",
        structure="message/rfc822[" * 98 + PLAIN + "]" * 98)
message("300 messages in each other", MESSAGE * 300 + "Subject: in\n\nbody\n",
        structure="message/rfc822[" * 99 + "application/octet-stream" + "]" * 99,
        python={"structure": "100 levels are entered", "bodies": "the same"}, text=[],
        bodies=[(MESSAGE * 200 + "Subject: in\n\nbody\n").replace("\n", "\r\n").encode()])
message("an international message", "Content-Type: message/global\n\nSubject: in\n\nbody\n",
        structure="message/global[text/plain]")
message("a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\n\n"
        "Subject: two\n\n2\n--b--\n",
        structure="multipart/digest[message/rfc822[text/plain] message/rfc822[text/plain]]")
message("a digest with something else", "Content-Type: multipart/digest; boundary=b\n\n--b\n"
        "Content-Type: text/html\n\nx\n--b\nContent-Type: \n\nSubject: two\n\n2\n--b--\n",
        structure="multipart/digest[text/html message/rfc822[text/plain]]",
        python={"structure": "an empty type is none, and in a digest none is a message "
                "(RFC 2046 5.1.5)", "bodies": "the same"},
        bodies=[b"x", b"2"])
message("part of a message", "Content-Type: message/partial; id=x; number=1; total=2\n\n"
        "Subject: in\n\nbody\n", structure="message/partial")
message("a message elsewhere", "Content-Type: message/external-body; access-type=local-file;\n"
        " name=\"/etc/motd\"\n\nContent-Type: text/plain\n\n", structure="message/external-body",
        names=["/etc/motd"])
message("a report", "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n"
        "Status: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--b--\n",
        structure="multipart/report[text/plain message/delivery-status text/rfc822-headers]")
message("a message in a part in a message", MESSAGE + MIXED + "b\n\n--b\n" + MESSAGE + MIXED
        + "c\n\n--c\n\nin\n--c--\n--b--\n",
        structure="message/rfc822[multipart/mixed[message/rfc822[multipart/mixed[text/plain]]]]",
        bodies=[b"in"])
