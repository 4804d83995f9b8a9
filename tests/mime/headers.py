"""The torture set: subjects and addresses."""
from collection import message, u

SPACES = "spaces between"


def subject(name, value, want, python=None):
    message("subject: " + name, f"Subject: {value}\n\nbody\n", python=python, subject=want)


def people(name, value, want, python=None, field="From", aspect="from_"):
    python = {aspect: python} if python else None
    message("address: " + name, f"{field}: {value}\n\nbody\n", python=python, **{aspect: want})


# --- Encoded words (RFC 2047) ---
subject("Q", "=?utf-8?Q?gr=C3=BC=C3=9Fe?=", "grüße")
subject("B", "=?utf-8?B?Z3LDvMOfZQ==?=", "grüße")
subject("lower case", "=?UTF-8?q?gr=c3=bc?=", "grü")
subject("underscores", "=?utf-8?Q?a_b=5Fc?=", "a b_c")
subject("two, the space between goes", "=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab")
subject("two, the fold between goes", "=?utf-8?Q?a?=\n =?utf-8?Q?b?=", "ab")
subject("two and text", "x =?utf-8?Q?a?= y =?utf-8?Q?b?= z", "x a y b z")
subject("two of two charsets", "=?iso-8859-1?Q?=FC?= =?koi8-r?B?zcnS?=", "üмир")
subject("a character in two of them", "=?utf-8?B?w?= =?utf-8?B?w7w=?=", "ü",
        {"subject": "the first is cut, RFC 2047 5 forbids it"})
subject("bytes of a character in two of them", "=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "\ufffd\ufffd",
        {"subject": "RFC 2047 5 forbids it"})
subject("an empty one", "=?utf-8?Q??=", "")
subject("no end", "=?utf-8?Q?abc", "=?utf-8?Q?abc")
subject("no encoding", "=?utf-8?abc?=", "=?utf-8?abc?=")
subject("an encoding nobody knows", "=?utf-8?X?abc?=", "=?utf-8?X?abc?=")
subject("a charset nobody knows", "=?x-mine?Q?abc?=", "abc",
        {"subject": "Python gives up"})
subject("a language", "=?us-ascii*en?Q?abc?=", "abc",
        {"subject": "Python does not know RFC 2231 5"})
subject("a space inside", "=?utf-8?Q?a b?=", "a b")
subject("behind a letter", "x=?utf-8?Q?a?=", "xa",
        {"subject": "RFC 2047 5 (1) wants a space, many do without"})
subject("before a letter", "=?utf-8?Q?a?=x", "ax",
        {"subject": "RFC 2047 5 (1) wants a space, many do without"})
subject("B without padding", "=?utf-8?B?w7w?=", "ü")
subject("B with garbage", "=?utf-8?B?w7#w=?=", "ü")
subject("Q with no digits", "=?utf-8?Q?a=ZZb?=", "a=ZZb")
subject("a question mark in Q", "=?utf-8?Q?a?b?=", "a?b")
subject("ISO-2022-JP", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本")
subject("GB 2312", "=?gb2312?B?ysC95w==?=", "世界")
subject("UTF-7", "=?utf-7?Q?gr+APw-?=", "grü")
subject("a very long one", "=?utf-8?Q?" + "x" * 900 + "?=", "x" * 900)
subject("one too long", "=?utf-8?Q?" + "x" * 5000 + "?=", "=?utf-8?Q?" + "x" * 5000 + "?=",
        {"subject": "RFC 2047 2 allows 75, here 1,000 are read"})
subject("1,000 of them", "\n ".join(["=?utf-8?Q?=C3=BC?="] * 1000), "ü" * 1000)
subject("line ends inside", "=?utf-8?Q?a=0D=0AX:_b?=", "a X: b")
subject("a tab", "a\tb", "a b")
subject("UTF-8", u("grüße"), "grüße", {"subject": "RFC 6532"})
subject("UTF-8 and encoded words", u("ü =?utf-8?Q?=C3=BC?="), "ü ü", {"subject": "RFC 6532"})

# --- Addresses (RFC 5322 3.4, 4.4) ---
people("bare", "a@b.example", [("", "a@b.example")])
people("in brackets", "<a@b.example>", [("", "a@b.example")])
people("a name", "Jo Doe <a@b.example>", [("Jo Doe", "a@b.example")])
people("a name in quotes", '"Doe, Jo" <a@b.example>', [("Doe, Jo", "a@b.example")])
people("quoted pairs", r'"Jo \"J\" \\ Doe" <a@b.example>', [('Jo "J" \\ Doe', "a@b.example")])
people("a comment as a name", "a@b.example (Jo Doe)", [("Jo Doe", "a@b.example")])
people("comments that nest", "a@b.example (Jo (J) Doe)", [("Jo (J) Doe", "a@b.example")],
       python="Python takes the inner parentheses out")
people("a dot in a name", "Jo J. Doe <a@b.example>", [("Jo J. Doe", "a@b.example")])
people("an encoded name", "=?utf-8?Q?J=C3=B6?= <a@b.example>", [("Jö", "a@b.example")])
people("an encoded name in quotes", '"=?utf-8?Q?J=C3=B6?=" <a@b.example>', [("Jö", "a@b.example")])
people("a comma in an encoded name", "=?utf-8?Q?Doe=2C_Jo?= <a@b.example>",
       [("Doe, Jo", "a@b.example")])
people("UTF-8", u("Jö <jö@b.example>"), [("Jö", "jö@b.example")],
       python="RFC 6532")
people("several", "a@b.example, Jo <c@d.example>,\n e@f.example",
       [("", "a@b.example"), ("Jo", "c@d.example"), ("", "e@f.example")])
people("commas too many", ", a@b.example,, c@d.example,",
       [("", "a@b.example"), ("", "c@d.example")], python="Python has empty ones")
people("semicolons between", "a@b.example; c@d.example",
       [("", "a@b.example"), ("", "c@d.example")], python="no separator (RFC 5322 3.4)")
people("no address", "Jo Doe", [("", "Jo Doe@")], python="a name without an address")
people("nothing", "", [])
people("empty brackets", "<>", [("", "@")], python="Python leaves it out")
people("a local part in quotes", '"a b"@c.example', [("", "a b@c.example")],
       python="Python keeps the quotes")
people("a local part with an at sign", '"a@b"@c.example', [("", "a@b@c.example")],
       python="Python keeps the quotes")
people("an address literal", "a@[127.0.0.1]", [("", "a@[127.0.0.1]")],
       python="Python knows no literals")
people("spaces inside", "a . b @ c . example", [("", "a.b@c.example")])
people("comments inside", "a(x)@(y)b.example(z)", [("z", "a@b.example")],
       python="which comment is the name is open")
people("no end of the bracket", "Jo <a@b.example", [("Jo", "a@b.example")])
people("no end of the quote", '"Jo <a@b.example>', [("", "Jo <a@b.example>@")],
       python="open")
people("brackets twice", "Jo <<a@b.example>>", [("Jo", "a@b.example")], python="open")
people("no domain", "root", [("", "root@")], python="no domain: the host is empty")
people("no local part", "@b.example", [("", "@b.example")])
people("two at signs", "a@b@c.example", [("", "a@b"), ("", "@c.example")],
       python="open")
people("a very long one", "a" * 3000 + "@b.example", [("", "a" * 3000 + "@b.example")])
people("1,000 of them", ",\n ".join(f"N{n} <a{n}@b.example>" for n in range(1000)),
       [(f"N{n}", f"a{n}@b.example") for n in range(1000)], field="To", aspect="to")
people("a group", "friends: a@b.example, Jo <c@d.example>;",
       [("", "a@b.example"), ("Jo", "c@d.example")], field="To", aspect="to")
people("an empty group", "undisclosed-recipients:;", [], field="To", aspect="to")
people("a group among others", "a@b.example, g: c@d.example;, e@f.example",
       [("", "a@b.example"), ("", "c@d.example"), ("", "e@f.example")], field="To", aspect="to")
people("a group that does not end", "g: a@b.example", [("", "a@b.example")], field="To",
       aspect="to")
people("a route", "<@x.example,@y.example:a@b.example>", [("", "a@b.example")],
       python="obsolete (RFC 5322 4.4)")
people("a percent", "a%b.example@c.example", [("", "a%b.example@c.example")])
message("address: two fields", "To: a@b.example\nTo: c@d.example\n\nbody\n",
        to=[("", "a@b.example"), ("", "c@d.example")])
message("address: all fields", "From: a@b.example\nTo: c@d.example\nCc: e@f.example\n\nbody\n",
        from_=[("", "a@b.example")], to=[("", "c@d.example")], cc=[("", "e@f.example")])
