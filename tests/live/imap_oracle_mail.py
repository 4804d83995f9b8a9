"""Messages for imap_oracle.py."""


def crlf(text):
    return text.lstrip("\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


MAIL = {
    "plain": crlf("""
From: Ann Lee <ann@example.org>
To: Bob <bob@example.com>, "Cid, C." <cid@example.com>
Cc: dora@example.net
Subject: Meeting on Monday
Date: Wed, 18 Nov 2026 09:59:00 +0000
Message-ID: <1@example.org>

Let us meet at noon.
Ann
"""),
    "mixed": crlf("""
From: Bob <bob@example.com>
To: ann@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and a file
Date: Thu, 19 Nov 2026 10:00:00 +0100
Message-ID: <2@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

preamble
--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9 at five
--b1
Content-Type: application/octet-stream; name="data.bin"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="data.bin"; size=4
Content-ID: <part2@example.com>
Content-Description: Some bytes
Content-Language: en, de
Content-Location: http://example.com/data.bin

AAECAw==
--b1--
epilogue
"""),
    "reply": crlf("""
From: Cid <cid@example.com>
Sender: office@example.com
Reply-To: desk@example.com
To: Ann Lee <ann@example.org>
Bcc: secret@example.com
Subject: Re: Meeting on Monday
Date: Fri, 20 Nov 2026 23:00:00 -0500
In-Reply-To: <1@example.org>
References: <1@example.org>
Message-ID: <3@example.com>

Noon is fine with me.
"""),
    "latin": b"From: =?iso-8859-1?q?J=F6rg?= <joerg@example.de>\r\nTo: undisclosed-recipients:;\r\n"
             b"Subject: =?iso-8859-1?q?=C4pfel?=\r\nDate: 20 Nov 2026 11:00 GMT\r\n"
             b"Content-Type: text/plain; charset=iso-8859-1\r\n"
             b"Content-Transfer-Encoding: 8bit\r\n\r\nSch\xf6ne \xc4pfel\r\n",
    "nested": crlf("""
From: ann@example.org
To: A Group: x@example.com, "Y Z" <y@example.com>;, z@example.com
Subject: Fwd: [list] Meeting on Monday (fwd)
Date: Sat, 21 Nov 2026 01:00:00 +0000
Message-ID: <5@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain

one
--in
Content-Type: text/html

<p>one</p>
--in--
--out
Content-Type: message/rfc822
Content-Disposition: inline

From: deep@example.org
Subject: deep
Date: Fri, 1 Jan 2021 00:00:00 +0000
Content-Type: multipart/mixed; boundary=deep

--deep

inner text
--deep
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--deep--
--out--
"""),
    "tiny": b"Subject: t\r\n\r\nt\r\n",
    "headless": b"\r\nonly a body\r\n",
    "bodiless": b"Subject: only a header\r\nX-Y: z\r\n\r\n",
    "t1": crlf("""
From: a@x.example
Subject: Plans
Date: Mon, 2 Nov 2026 08:00:00 +0000
Message-ID: <t1@x>

1
"""),
    "t2": crlf("""
From: b@x.example
Subject: Re: Plans
Date: Mon, 2 Nov 2026 09:00:00 +0000
Message-ID: <t2@x>
References: <t1@x>

2
"""),
    "t3": crlf("""
From: c@x.example
Subject: Re: Re: plans (fwd)
Date: Mon, 2 Nov 2026 07:00:00 +0000
Message-ID: <t3@x>

3
"""),
    "t4": crlf("""
From: d@x.example
Subject: Other
Date: Mon, 2 Nov 2026 10:00:00 +0000
Message-ID: <t4@x>
References: <gone@x> <t2@x>

4
"""),
    "t5": crlf("""
From: e@x.example
Subject: Lost
Date: Mon, 2 Nov 2026 11:00:00 +0000
Message-ID: <t5@x>
In-Reply-To: <nowhere@x>

5
"""),
    "t6": crlf("""
From: f@x.example
Subject: Lost too
Date: Mon, 2 Nov 2026 12:00:00 +0000
Message-ID: <t6@x>
References: <nowhere@x>

6
"""),
    "t7": crlf("""
From: g@x.example
Subject: [list] Fwd: Plans
Date: nonsense
Message-ID: <t1@x>

7
"""),
}
