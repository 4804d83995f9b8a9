"""The torture set: encodings, character sets, names of files."""
import base64

from collection import message, raw, u

# --- Content-Transfer-Encoding ---
NO_CODE = "what is no code: RFC 2045 leaves it open"


def encoded(name, encoding, body, decoded=None, python=None):
    message(f"{encoding}: {name}", f"Content-Type: application/octet-stream\n"
            f"Content-Transfer-Encoding: {encoding}\n\n{body}", python=python,
            **({} if decoded is None else {"bytes": [decoded]}))


QUOTED = "quoted-printable"
encoded("all there is", QUOTED, "a=3Db=0D=0A=\n  c =20\n", b"a=b\r\n  c  \r\n")
encoded("lower-case digits", QUOTED, "=c3=bc\n", b"\xc3\xbc\r\n")
encoded("no digits", QUOTED, "=XY=1=\n", b"=XY=1")
encoded("one digit at the end", QUOTED, "a=4", b"a=4")
encoded("a sign at the end", QUOTED, "a=", b"a")
encoded("spaces at the end of lines", QUOTED, "a  \nb\t\n", b"a\r\nb\r\n",
        python={"bytes": "Python keeps what RFC 2045 6.7 (3) wants deleted"})
encoded("a soft break with spaces", QUOTED, "a= \t\nb\n", b"ab\r\n",
        python={"bytes": "RFC 2045 6.7 (5) allows them"})
encoded("soft breaks only", QUOTED, "=\n=\n=\n", b"")
encoded("a sign twice", QUOTED, "a==3Db\n", b"a==b\r\n",
        python={"bytes": NO_CODE})
encoded("8-bit bytes", QUOTED, u("ü=C3=BC\n"), "üü\r\n".encode())
encoded("underscores", QUOTED, "a_b\n", b"a_b\r\n")
encoded("lines of 1000", QUOTED, "x" * 1000 + "=3D\n", b"x" * 1000 + b"=\r\n")
encoded("controls", QUOTED, "=00=01=7F\n", b"\0\x01\x7f\r\n")
WORDS = bytes(range(256)) * 3
encoded("all bytes", "base64", raw(base64.encodebytes(WORDS)), WORDS)
encoded("nothing", "base64", "", b"")
encoded("blank lines", "base64", "\n\n", b"")
encoded("no padding", "base64", "YWI\n", b"ab")
encoded("one character too many", "base64", "YWJjZ\n", b"abc", python={"bytes": "Python gives up"})
encoded("padding too many", "base64", "YWI===\n", b"ab")
encoded("spaces inside", "base64", "Y W\tJ\nj\n", b"abc")
encoded("garbage inside", "base64", "Y*W!J(j)\n", b"abc")
encoded("lines of odd lengths", "base64", "YWJj\nZ\nGVm\nZw\n==\n", b"abcdefg")
encoded("in pieces, each padded", "base64", "YQ==\nYg==\n", b"ab",
        python={"bytes": "Python ends at the first padding"})
encoded("words of a list behind it", "base64", "YWJj\n\n_____\nList, list\n",
        decoded=b"abc" + base64.b64decode("Listlist"))
encoded("one line", "base64", raw(base64.b64encode(b"x" * 90000)) + "\n", b"x" * 90000)
encoded("as it is", "7bit", "a=3Db\n", b"a=3Db\r\n")
encoded("8-bit bytes", "7bit", u("ü\n"), "ü\r\n".encode())
encoded("bytes", "8bit", raw(bytes(range(128, 256))) + "\n", bytes(range(128, 256)) + b"\r\n")
encoded("bytes", "binary", "\0\1\2\n", b"\0\1\2\r\n")
encoded("upper case", "BASE64", "YWJj\n", b"abc")
encoded("a comment", "base64 (of a kind)", "YWJj\n", b"abc",
        python={"bytes": "Python knows no comments"})
encoded("a parameter", "base64; x=y", "YWJj\n", b"abc",
        python={"bytes": "Python takes it for an encoding it does not know"})
encoded("an underscore", "quoted_printable", "a=3Db\n", b"a=3Db\r\n")
encoded("a kind nobody knows", "x-mine", "a=3Db\n", b"a=3Db\r\n")
encoded("UUencode", "x-uuencode", "begin 644 f\n#86)C\n`\nend\n",
        b"begin 644 f\r\n#86)C\r\n`\r\nend\r\n",
        python={"bytes": "no encoding of MIME (RFC 9051 6.4.5.1: UNKNOWN-CTE)"})
encoded("nothing", "", "a=3Db\n", b"a=3Db\r\n")
message("two encodings", "Content-Type: application/octet-stream\n"
        "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nYWJj\n",
        bytes=[b"abc"])

# --- Character sets ---
SETS = [
    ("utf-8", "grüße, мир, 世界, 🎈"), ("UTF-8", "grüße"), ("utf8", "grüße"),
    ("us-ascii", "plain"), ("ansi_x3.4-1968", "plain"),
    ("iso-8859-1", "grüße"), ("latin1", "grüße"), ("ISO-8859-2", "żółw"),
    ("iso-8859-3", "ĉapelo"), ("iso-8859-5", "мир"), ("iso-8859-6", "سلام"),
    ("iso-8859-7", "κόσμε"), ("iso-8859-8", "שלום"), ("iso-8859-9", "ışık"),
    ("iso-8859-13", "ąžuolas"), ("iso-8859-15", "5 €"), ("windows-1250", "žluťoučký"),
    ("windows-1251", "мир"), ("windows-1252", "“5 €”"), ("windows-1253", "κόσμε"),
    ("windows-1255", "שלום"), ("windows-1256", "سلام"), ("windows-1258", "chào"),
    ("cp1252", "“5 €”"), ("cp850", "grüße"), ("koi8-r", "мир"), ("koi8-u", "їжак"),
    ("gb2312", "世界"), ("gbk", "世界"), ("gb18030", "世界🎈"), 
    ("big5", "世界"), ("big5-hkscs", "世界"), ("shift_jis", "日本語"), ("euc-jp", "日本語"),
    ("iso-2022-jp", "日本語"), ("euc-kr", "한국어"), ("iso-2022-kr", "한국어"), ("johab", "한국어"),
    ("tis-620", "สวัสดี"), ("utf-7", "grüße"), ("utf-16le", "grüße🎈"), ("utf-16be", "grüße🎈"),
    ("utf-16", "grüße🎈"), ("utf-32", "grüße🎈"), ("macintosh", "grüße"),
]
for charset, text in SETS:
    for name, encoding, encode in [
            ("", "8bit", lambda data: raw(data)),
            (", in base64", "base64", lambda data: raw(base64.encodebytes(data)))]:
        if "16" in charset and not name or "32" in charset and not name:
            continue  # which has bytes that end lines
        codec = "mac-roman" if charset == "macintosh" else charset
        message(f"{charset}{name}", f"Content-Type: text/plain; charset={charset}\n"
                f"Content-Transfer-Encoding: {encoding}\n\n{encode(text.encode(codec))}\n",
                text=[text + ("" if name else "\r\n")])


def text(name, charset, body, decoded, python=None, encoding="8bit"):
    message("charset: " + name, f"Content-Type: text/plain; charset={charset}\n"
            f"Content-Transfer-Encoding: {encoding}\n\n{body}", python=python, text=[decoded])


BROKEN = "how much of what means nothing is replaced is open"
text("bytes that are no UTF-8", "utf-8", "a\xffb\xc3\n", "a\ufffdb\ufffd\r\n")
text("UTF-8 that is cut", "utf-8", "a\xe4\xb8", "a\ufffd\ufffd", {"text": BROKEN})
text("UTF-8 that is too long", "utf-8", "\xc0\xafx\n", "\ufffd\ufffdx\r\n")
text("surrogates in UTF-8", "utf-8", "\xed\xa0\x80x\n", "\ufffd\ufffd\ufffdx\r\n")
text("a mark of byte order", "utf-8", u("\ufeffx\n"), "\ufeffx\r\n")
text("one that nobody knows", "x-mine", "abc\n", "abc\r\n")
text("one with slashes", '"utf-8//TRANSLIT"', "abc\n", "abc\r\n")
text("one in quotes", '"iso-8859-1"', "\xfc\n", "ü\r\n")
text("one in single quotes", "'iso-8859-1'", "abc\n", "abc\r\n")
text("an empty one", '""', "abc\n", "abc\r\n")
text("8-bit bytes in ASCII", "us-ascii", "\xfc\n", "ü\r\n", {
    "text": "what is said to be ASCII and is not is windows-1252 most often"})
text("controls of ISO 8859-1", "iso-8859-1", "\x93x\x94\n", "“x”\r\n", {
    "text": "what is said to be ISO 8859-1 is windows-1252 as browsers read it"})
text("a euro sign in GB 2312", "gb2312", "\x80\xa2\xe3\n", "\ufffd€\r\n", {"text": BROKEN})
text("half a character of Shift_JIS", "shift_jis", "\x93\xfa\x96\n", "日\ufffd\r\n")
text("an escape that stays open", "iso-2022-jp", "\x1b$BF|", "日")
text("a language", "iso-8859-1*de", "\xfc\n", "ü\r\n", {"text": "RFC 2231 5 for parameters, too"})
text("quoted-printable of it", "iso-8859-1", "gr=FC=DFe\n", "grüße\r\n", encoding=QUOTED)
text("a character over a soft break", "utf-8", "gr=C3=\n=BC\n", "grü\r\n", encoding=QUOTED)
message("8-bit text of no charset", "Subject: x\n\n" + u("grüße\n"), text=["grüße\r\n"],
        python={"text": "RFC 2045 5.2 has ASCII; what is UTF-8 is read as that"})
message("HTML", "Content-Type: text/html; charset=utf-8\n\n" + u(
    "<html><head><title>t</title><style>p {x}</style></head><body><p>one&nbsp;two &amp; "
    "&#252;</p><script>no()</script>drei</body></html>\n"))

# --- Names of files (RFC 2231, RFC 2047 where it does not belong, RFC 2183) ---
WORD_INSIDE = "encoded words in quotes are none (RFC 2047 5), but so it is done"


def named(name, disposition, want, python=None, content_type="application/pdf"):
    message("file: " + name, f"Content-Type: {content_type}\n"
            + (f"Content-Disposition: {disposition}\n" if disposition else "") + "\nx\n",
            python=python, names=[want] if want else [])


named("a word", "attachment; filename=a.pdf", "a.pdf")
named("in quotes", 'attachment; filename="a b.pdf"', "a b.pdf")
named("quoted pairs", r'attachment; filename="a \"b\" \\ c.pdf"', 'a "b" \\ c.pdf')
named("a semicolon inside", 'attachment; filename="a;b.pdf"', "a;b.pdf")
named("spaces without quotes", "attachment; filename=a b.pdf", "a", {
    "names": "a word ends at a space (RFC 2045 5.1)"})
named("no name", "attachment", None)
named("an empty one", 'attachment; filename=""', None)
named("only in the type", "attachment", "b.pdf", content_type="application/pdf; name=b.pdf")
named("in both", "attachment; filename=a.pdf", "a.pdf", content_type="application/pdf; name=b.pdf")
named("without a disposition", None, "b.pdf", content_type='application/pdf; name="b.pdf"')
named("upper case", "ATTACHMENT; FILENAME=a.pdf", "a.pdf")
named("spaces around the sign", "attachment; filename = a.pdf", "a.pdf")
named("folds", 'attachment;\n filename="a\n b.pdf"', "a b.pdf",
      {"names": "Python does not unfold it"})
named("percents", "attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.pdf", "grüße.pdf")
named("percents, a language", "attachment; filename*=utf-8'de'gr%C3%BC%C3%9Fe.pdf", "grüße.pdf")
named("percents in ISO 8859-1", "attachment; filename*=iso-8859-1''gr%FC%DFe.pdf", "grüße.pdf")
named("percents in Shift_JIS", "attachment; filename*=shift_jis''%93%FA%96%7B.pdf", "日本.pdf")
named("percents without a charset", "attachment; filename*=''a%20b.pdf", "a b.pdf")
named("percents without quotes", "attachment; filename*=a%20b.pdf", "a b.pdf")
named("percents that are none", "attachment; filename*=utf-8''a%2b%zz%2", "a+%zz%2")
named("percents in quotes", "attachment; filename*=\"utf-8''a%20b.pdf\"", "a b.pdf")
named("percents of a charset nobody knows", "attachment; filename*=x-mine''a%20b.pdf", "a b.pdf")
named("both forms", "attachment; filename=a.pdf; filename*=utf-8''%C3%BC.pdf", "ü.pdf", {
    "names": "Python takes the first; RFC 6266 4.3 prefers the one with a charset"})
named("both forms, the other way round", "attachment; filename*=utf-8''%C3%BC.pdf; filename=a.pdf",
      "ü.pdf", {"names": "the same"})
named("pieces", 'attachment; filename*0="one "; filename*1="two"; filename*2=.pdf', "one two.pdf")
named("pieces in another order", 'attachment; filename*1="two"; filename*0="one "', "one two")
named("pieces in percents", "attachment; filename*0*=utf-8''%C3%BC; filename*1*=%C3%9F;"
      " filename*2=.pdf", "üß.pdf")
named("a character in two pieces", "attachment; filename*0*=utf-8''a%C3; filename*1*=%BC.pdf",
      "aü.pdf")
named("pieces without the first", 'attachment; filename*1="two"', None,
      {"names": "without the first there is nothing to begin with (RFC 2231 3)"})
named("pieces with a gap", 'attachment; filename*0="one"; filename*2="three"', "one",
      {"names": "Python takes what stands behind the gap, too"})
named("percents in a piece that has none", "attachment; filename*0*=utf-8''a%20; "
      "filename*1=\"b%20c\"", "a b%20c")
named("50 pieces", "attachment" + "".join(f'; filename*{n}="{n % 10}"' for n in range(50)),
      "0123456789" * 5)
named("200 pieces", "attachment" + "".join(f'; filename*{n}="{n % 10}"' for n in range(200)),
      "0123456789" * 10, {"names": "100 are joined"})
named("an encoded word", '''attachment; filename="=?utf-8?Q?gr=C3=BC=C3=9Fe=2Epdf?="''',
      "grüße.pdf", {"names": WORD_INSIDE})
named("an encoded word without quotes", "attachment; filename==?utf-8?Q?gr=C3=BC=C3=9Fe=2Epdf?=",
      "grüße.pdf", {"names": WORD_INSIDE})
named("encoded words", '''attachment; filename="=?utf-8?B?Z3LDvA==?=\n =?utf-8?B?w59l?="''', "grüße",
      {"names": WORD_INSIDE})
named("UTF-8", u('attachment; filename="grüße.pdf"'), "grüße.pdf",
      {"names": "Python asks for ASCII; RFC 6532 does not"})
named("a path", 'attachment; filename="../../etc/passwd"', "../../etc/passwd")
named("a path of Windows", r'attachment; filename="C:\\a\\b.pdf"', r"C:\a\b.pdf")
named("no end of the quote", 'attachment; filename="a b.pdf', "a b.pdf",
      {"names": "Python keeps the quote"})
named("a comment", "attachment (x); filename=a.pdf (y)", "a.pdf", {
    "names": "Python knows no comments"})
named("no semicolon", "attachment filename=a.pdf", None)
named("no disposition's word", "filename=a.pdf", None, {
    "names": "Python does not ask for the word in front"})
named("long", f'attachment; filename="{"x" * 5000}"', "x" * 5000)
