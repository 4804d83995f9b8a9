#!/usr/bin/env python3
"""Logins with access tokens (OAUTHBEARER, XOAUTH2) and with app passwords: good ones, and
each way in which one can be wrong.
"""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import urllib.parse

from ringpost_live import PROGRAM, Cases, Daemon, Dns, Sink, until
from smtp_raw import Raw, add_account, client_context, need
from web import Authority, Web

need("openssl", "redis-server", "dnsmasq")
cases = Cases()
check, equal = cases.check, cases.equal
ISSUER = "https://login.test.example"
OPAQUE = "https://other.test.example"
ACCOUNT = "app@sender.test"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key of an issuer, as files for openssl and as a JWK."""

    def __init__(self, folder, name, kind):
        self.name, self.kind = name, kind
        self.file = os.path.join(folder, name + ".pem")
        options = {"RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                   "small": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
                   "EC": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]}[kind]
        self.openssl("genpkey", *options, "-out", self.file)

    @staticmethod
    def openssl(*words, data=None):
        return subprocess.run(["openssl", *words], input=data, check=True,
                              capture_output=True).stdout

    def jwk(self):
        if self.kind == "EC":
            point = self.openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-64:]
            return {"kty": "EC", "crv": "P-256", "kid": self.name, "use": "sig",
                    "x": encode(point[:32]), "y": encode(point[32:])}
        n = self.openssl("rsa", "-in", self.file, "-modulus", "-noout").strip().split(b"=")[1]
        return {"kty": "RSA", "kid": self.name, "n": encode(bytes.fromhex(n.decode())),
                "e": "AQAB"}

    def sign(self, data):
        made = self.openssl("dgst", "-sha256", "-sign", self.file, data=data)
        if self.kind != "EC":
            return made
        both, at = b"", 2  # DER: SEQUENCE of two INTEGERs
        for _ in range(2):
            size = made[at + 1]
            both += made[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
            at += 2 + size
        return both

    def token(self, header=None, **claims):
        header = {"typ": "JWT", "alg": "ES256" if self.kind == "EC" else "RS256",
                  "kid": self.name} | (header or {})
        claims = {"iss": ISSUER, "aud": ["other", "ringpost"], "email": ACCOUNT,
                  "scope": "openid smtp.send", "exp": time.time() + 600} | claims
        claims = {k: v for k, v in claims.items() if v is not None}
        text = encode(json.dumps(header).encode()) + "." + encode(json.dumps(claims).encode())
        if header["alg"] == "none":
            return text + "."
        if header["alg"] == "HS256":  # signed with what everybody can read
            public = self.openssl("pkey", "-in", self.file, "-pubout")
            return text + "." + encode(hmac.digest(public, text.encode(), hashlib.sha256))
        return text + "." + encode(self.sign(text.encode()))


def say(token, user="", mechanism="OAUTHBEARER"):
    if mechanism == "XOAUTH2":
        text = f"user={user}\1auth=Bearer {token}\1\1"
    else:
        text = f"n,{'a=' + user if user else ''},\1auth=Bearer {token}\1\1"
    return base64.b64encode(text.encode()).decode()


def login(raw, token, user="", mechanism="OAUTHBEARER"):
    """The final reply; the JSON in between is read."""
    reply = raw.ask(f"AUTH {mechanism} {say(token, user, mechanism)}")
    if reply.code == 334:
        check("status" in json.loads(base64.b64decode(reply.text)), "a reason in JSON")
        reply = raw.ask("AQ==")
    return reply


def session():
    raw = Raw(daemon.tls_port, tls=client_context(daemon.certificate))
    raw.hello()
    return raw


def outcome(token, user="", mechanism="OAUTHBEARER"):
    with session() as raw:
        return login(raw, token, user, mechanism).code


def web_answer(request):
    if request.path == "/keys":
        keys_asked.append(request)
        return (200, json.dumps({"keys": [k.jwk() for k in published]})) if keys_up[0] \
            else (503, "")
    form = urllib.parse.parse_qs(request.body.decode())
    introspections.append(request)
    return 200, json.dumps({
        "opaque-good": {"active": True, "email": ACCOUNT, "scope": "smtp.send"},
        "opaque-old": {"active": True, "email": ACCOUNT, "exp": time.time() - 600},
    }.get(form["token"][0], {"active": False}))


# --- Tokens ---

def offered():
    "The mechanisms are offered over TLS only, and only where issuers are configured"
    with session() as raw:
        text = raw.hello().text
        check("OAUTHBEARER" in text and "XOAUTH2" in text, "over TLS")
    with Raw(daemon.starttls_port) as raw:
        check("OAUTHBEARER" not in raw.hello().text, "before STARTTLS")


def good_tokens():
    "A signed token of the issuer logs in and sends"
    for key in (rsa, ec):
        for user in ("", ACCOUNT):
            equal(outcome(key.token(), user), 235, f"{key.kind} {user}")
        equal(outcome(key.token(), ACCOUNT, "XOAUTH2"), 235, f"{key.kind} XOAUTH2")
    equal(outcome(rsa.token(aud="ringpost", scope=None, scp=["x", "smtp.send"])), 235, "scp")
    with session() as raw:
        login(raw, rsa.token())
        equal(raw.begin(ACCOUNT).code, 250, "a sender of the account's")
        raw.ask("RSET")
        equal(raw.ask("MAIL FROM:<b@else.test>").code, 550, "another's")
    with session() as raw:
        reply = raw.ask("AUTH OAUTHBEARER")
        equal((reply.code, reply.text), (334, ""), "without an initial response")
        equal(raw.ask(say(rsa.token())).code, 235, "after it")
    login_event, = until(lambda: daemon.events("login")[:1], what="the login's event")
    equal(login_event["account"], ACCOUNT, "the event")


def bad_tokens():
    "A token that is wrong in any way is refused, and the log says how"
    now = time.time()
    rows = [
        ("token expired", rsa.token(exp=now - 120)),
        ("token not valid yet", rsa.token(nbf=now + 600)),
        ("token that never expires", rsa.token(exp=None)),
        ("token with times that make no sense", rsa.token(exp="soon")),
        ("token for another audience", rsa.token(aud="other")),
        ("token for another audience", rsa.token(aud=None)),
        ("token of an issuer that is not configured", rsa.token(iss="https://evil.test")),
        ("token without the scope smtp.send", rsa.token(scope="smtp.sender")),
        ("token without the claim email", rsa.token(email=None)),
        ("token with an email that is not verified", rsa.token(email_verified=False)),
        ("no such account", rsa.token(email="nobody@sender.test")),
        ("token with a wrong signature", stranger.token({"kid": "rsa"})),
        ("token with a wrong signature", stranger.token()),
        ("token with a wrong signature", small.token()),
        ("token not active", rsa.token({"alg": "none"})),
        ("token not active", rsa.token({"alg": "HS256"})),
        ("token with a wrong signature", rsa.token()[:-8] + "AAAAAAAA"),
    ]
    for reason, token in rows:
        before = len(daemon.events("login_failed"))
        equal(outcome(token), 535, reason)
        event = until(lambda: daemon.events("login_failed")[before:], what=reason)[0]
        equal(event["reason"], reason, "the log")
    equal(outcome(rsa.token(), "other@sender.test"), 535, "another user's name")
    until(lambda: daemon.events("login_failed")[-1]["reason"] == "token of another account",
          what="the log")


def new_key():
    "A key the issuer begins to use is fetched when a token names it; once for a while"
    published.append(newer)
    until(lambda: outcome(newer.token()) == 235, what="the new key", pause=1)
    asked = len(keys_asked)
    for _ in range(5):
        equal(outcome(stranger.token({"kid": "unknown"})), 535, "an unknown key")
    check(len(keys_asked) <= asked + 1, "not asked for each")


def keys_away():
    "Keys once fetched hold while the issuer is away"
    keys_up[0] = False
    equal(outcome(rsa.token()), 235, "with the keys of before")
    keys_up[0] = True


def opaque():
    "A token that is not signed is asked about"
    equal(outcome("opaque-good"), 235, "an active one")
    request = introspections[-1]
    pair = base64.b64decode(request.headers["Authorization"].split(" ")[1]).decode()
    equal(pair, "ring%20post:s%2Bcret", "who asked")
    equal(outcome("opaque-old"), 535, "an old one")
    equal(outcome("opaque-bad"), 535, "one that is not active")


def no_issuer():
    "While the keys were never to be had: 454, not a refusal"
    keys_up[0] = False
    with Daemon(tls=True, dns={"servers": [dns.address]},
                oauth=[{**signed, "jwks": signed["jwks"] + "?2"}]) as other:
        add_account(other, ACCOUNT, "pw")
        with Raw(other.tls_port, tls=client_context(other.certificate)) as raw:
            raw.hello()
            equal(raw.ask(f"AUTH OAUTHBEARER {say(rsa.token())}").code, 454, "later")
        until(lambda: other.events("issuer_failed"), what="what the log says")
    keys_up[0] = True


def expiry():
    "A session ends with its token"
    with session() as raw:
        equal(login(raw, rsa.token(exp=time.time() - 45)).code, 235, "within what clocks differ")
        until(lambda: raw.ask(f"MAIL FROM:<{ACCOUNT}>").code == 421 or raw.ask("RSET") and False,
              what="its end", pause=0.5)


# --- App passwords ---

def plain(raw, user, password):
    text = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    return raw.ask("AUTH PLAIN " + text).code


def app_passwords():
    "Several for an account, each taken away alone, each only for what it is for"
    made = {}
    for label, scope in (("phone", "submit"), ("laptop", "submit,pickup"), ("reader", "pickup")):
        got = daemon.run("app", "add", ACCOUNT, label, "--scope", scope)
        equal(got.returncode, 0, got.stderr)
        made[label] = got.stdout.strip()
        equal([len(part) for part in made[label].split("-")], [5] * 4, "its form")
    rows = json.loads("[" + ",".join(
        daemon.run("app", "list", ACCOUNT, "--json").stdout.splitlines()) + "]")
    equal([(r["label"], r["scopes"]) for r in rows],
          [("phone", ["submit"]), ("laptop", ["submit", "pickup"]), ("reader", ["pickup"])],
          "the list")
    check(not any(p in json.dumps(rows) for p in made.values()), "no password in it")
    for _ in range(2):  # the second time from memory
        for user, password, wanted in [
                (ACCOUNT, made["phone"], 235), (ACCOUNT, made["laptop"], 235),
                (ACCOUNT, made["phone"].upper().replace("-", " "), 235),
                (ACCOUNT, made["phone"].replace("-", ""), 235),
                (ACCOUNT, "pw", 235), (ACCOUNT, made["reader"], 535),
                (ACCOUNT + "#phone", made["phone"], 235),
                (ACCOUNT + "#phone", made["laptop"], 535),
                (ACCOUNT + "#phone", "pw", 535), (ACCOUNT + "#none", made["phone"], 535),
                (ACCOUNT, made["phone"][:-1] + "0", 535) if made["phone"][-1] != "0" else
                (ACCOUNT, made["phone"][:-1] + "1", 535)]:
            with session() as raw:
                equal(plain(raw, user, password), wanted, f"{user} {password}")
    equal(daemon.run("app", "add", ACCOUNT, "phone").returncode, 1, "a label twice")
    equal(daemon.run("app", "add", ACCOUNT, "a b").returncode, 1, "a label with a blank")
    equal(daemon.run("app", "add", "nobody@sender.test", "x").returncode, 1, "no such account")
    equal(daemon.run("app", "add", ACCOUNT, "x", "--scope", "all").returncode, 1, "a scope")
    equal(daemon.run("app", "add", ACCOUNT, "x", "--apop").returncode, 1, "APOP is for pickup")
    daemon.run("app", "add", ACCOUNT, "pop", "--scope", "pickup", "--apop", status=0)
    equal([row["label"] for row in daemon.run_json("app", "list", ACCOUNT) if row["apop"]],
          ["pop"], "what can be had back")
    with session() as raw, session() as other:
        equal(plain(raw, ACCOUNT, made["phone"]), 235, "before")
        equal(plain(other, ACCOUNT, made["laptop"]), 235, "another's")
        equal(daemon.run("app", "remove", ACCOUNT, "phone").returncode, 0, "taken away")
        equal(raw.begin(ACCOUNT).code, 421, "its session sends no more")
        equal(other.begin(ACCOUNT).code, 250, "the other's does")
    with session() as raw:
        equal(plain(raw, ACCOUNT, made["phone"]), 535, "it logs in no more")
    event, = until(lambda: [e for e in daemon.events("login") if e.get("app") == "laptop"][:1],
                   what="the login's event")
    equal(event["account"], ACCOUNT, "the log names it")


def app_scram():
    "SCRAM with an app password, by its label"
    password = daemon.run("app", "add", ACCOUNT, "scram").stdout.strip()
    nonce = "rOprNGfwEbeRWgbNEkqO"

    def attempt(user, secret):
        with session() as raw:
            bare = f"n={user.replace('=', '=3D')},r={nonce}"
            reply = raw.ask("AUTH SCRAM-SHA-256 " + base64.b64encode(
                ("n,," + bare).encode()).decode())
            first = base64.b64decode(reply.text).decode()
            server = dict(p.split("=", 1) for p in first.split(","))
            salted = hashlib.pbkdf2_hmac("sha256", secret.encode(),
                                         base64.b64decode(server["s"]), int(server["i"]))
            client = hmac.digest(salted, b"Client Key", "sha256")
            end = f"c=biws,r={server['r']}"
            proof = hmac.digest(hashlib.sha256(client).digest(),
                                f"{bare},{first},{end}".encode(), "sha256")
            proof = bytes(a ^ b for a, b in zip(client, proof))
            reply = raw.ask(base64.b64encode(
                f"{end},p={base64.b64encode(proof).decode()}".encode()).decode())
            return raw.ask("").code if reply.code == 334 else reply.code
    equal(attempt(ACCOUNT + "#scram", password), 235, "with the label")
    equal(attempt(ACCOUNT + "#scram", "pw"), 535, "not the account's own")
    equal(attempt(ACCOUNT, "pw"), 235, "the account's own")
    equal(attempt(ACCOUNT, password), 535, "not without the label")
    equal(attempt(ACCOUNT + "#none", password), 535, "not with another")


def totp(uri, at=None):
    """The code of a link, as an authenticator shows it."""
    text = urllib.parse.parse_qs(urllib.parse.urlsplit(uri.strip()).query)["secret"][0]
    mac = hmac.digest(base64.b32decode(text), int((at or time.time()) // 30).to_bytes(8, "big"),
                      "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7fffffff) % 1000000:06d}"


def second_factor():
    "With a second factor mail programs need an app password; a code is good once"
    name = "two@sender.test"
    add_account(daemon, name, "pw")
    app = daemon.run("app", "add", name, "phone").stdout.strip()
    equal(daemon.run("totp", "off", name).returncode, 1, "there is none yet")

    def turn_on(code):
        process = subprocess.Popen([PROGRAM, "totp", "on", name, "-c", daemon.file], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        uri = process.stdout.readline()
        process.communicate(code(uri) + "\n")
        return uri, process.returncode

    equal(turn_on(lambda uri: "000000" if totp(uri) != "000000" else "000001")[1], 1, "a wrong code")
    with session() as raw:
        equal(plain(raw, name, "pw"), 235, "nothing has changed")
    uri, status = turn_on(totp)
    equal(status, 0, "the right code")
    check(uri.startswith("otpauth://totp/mail.test.example:two%40sender.test?"), uri)
    with session() as raw:
        equal(plain(raw, name, "pw"), 535, "its own password")
    with session() as raw:
        equal(plain(raw, name, app), 235, "an app password")
    until(lambda: any("second factor" in e.get("reason", "")
                      for e in daemon.events("login_failed")), what="what the log says")
    equal(daemon.run("totp", "check", name, totp(uri)).returncode, 1, "the code that was used")
    later = totp(uri, time.time() + 30)
    equal(daemon.run("totp", "check", name, later).returncode, 0, "the next one")
    equal(daemon.run("totp", "check", name, later).returncode, 1, "twice")
    equal(daemon.run("totp", "off", name).returncode, 0, "off")
    with session() as raw:
        equal(plain(raw, name, "pw"), 235, "its own password again")


keys_up, keys_asked, introspections = [True], [], []
with Authority() as ca:
    rsa, ec = Key(ca.folder, "rsa", "RSA"), Key(ca.folder, "ec", "EC")
    newer, stranger = Key(ca.folder, "newer", "RSA"), Key(ca.folder, "stranger", "RSA")
    small = Key(ca.folder, "small", "small")
    published = [rsa, ec, small]
    secret = os.path.join(ca.folder, "secret")
    with open(secret, "w") as file:
        file.write("s+cret\n")
    os.chmod(secret, 0o600)
    names = {name: ["127.0.0.1"] for name in ("login.test.example", "other.test.example")}
    with Web(ca, list(names), web_answer) as web, Dns(a=names) as dns, Sink() as sink:
        signed = {"issuer": ISSUER, "jwks": f"{ISSUER}:{web.port}/keys", "audience": "ringpost",
                  "scope": "smtp.send", "ca_file": ca.file, "private_addresses": True}
        asked = {"issuer": OPAQUE, "introspection": f"{OPAQUE}:{web.port}/ask",
                 "client_id": "ring post", "client_secret_file": secret, "ca_file": ca.file,
                 "private_addresses": True}
        with Daemon(tls=True, dns={"servers": [dns.address]}, routes=[sink.route("*")],
                    submission={"auth_delay": "0ms"}, oauth=[signed, asked]) as daemon:
            add_account(daemon, ACCOUNT, "pw")
            status = cases.run([offered, good_tokens, bad_tokens, new_key, keys_away, opaque,
                                no_issuer, expiry, app_passwords, app_scram, second_factor])
            if status:
                print(daemon.story(), file=sys.stderr)
sys.exit(status)
