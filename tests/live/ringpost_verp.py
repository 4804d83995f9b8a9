"""Envelope senders of Ringpost's (VERP), made and read as core/feedback/verp.h says,
by somebody else's hand.

    token = read(SECRET, "rp-1m7q…-acme")     # None: not genuine
    token.id, token.tenant, token.expires     # seconds since 1970
    token.is_about("b@receiver.test")
    address = write(SECRET, id, "b@receiver.test", tenant="acme", domain="b.test")

SECRET is the text of 64 hexadecimal digits.
"""
import collections

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
MASK = (1 << 64) - 1


def siphash(key, data):
    """SipHash-2-4 with the 16 bytes KEY."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
         k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def rotate(x, by):
        return (x << by | x >> (64 - by)) & MASK

    def mix(rounds):
        for _ in range(rounds):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    padded = data + b"\0" * (7 - len(data) % 8) + bytes([len(data) & 255])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= word
        mix(2)
        v[0] ^= word
    v[2] ^= 0xff
    mix(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def base32(value, digits):
    return "".join(DIGITS[value >> 5 * (digits - 1 - i) & 31] for i in range(digits))


def number(text):
    value = 0
    for digit in text:
        value = value << 5 | DIGITS.index(digit)
    return value


def tag(secret, about, text):
    got = siphash(bytes.fromhex(secret)[16:], (about + text).encode()) & ((1 << 40) - 1)
    return got or 1


def signature(secret, rest):
    return base32(siphash(bytes.fromhex(secret)[:16], rest.encode()) & ((1 << 60) - 1), 12)


class Token(collections.namedtuple("Token", "secret id days recipient tenant")):
    @property
    def expires(self):
        return number(self.id[:9]) / 1000 + self.days * 86400

    def is_about(self, address):
        return self.recipient == tag(self.secret, self.id, address.lower())


def write(secret, id, recipient="", tenant="", days=21, domain=None):
    """The local part, or with DOMAIN the address; TENANT of at most 22 lower-case letters."""
    head = "rp-" + id + base32(days, 2) + base32(
        tag(secret, id, recipient.lower()) if recipient else 0, 8)
    tail = "-" + tenant if tenant else ""
    local = head + signature(secret, head + tail) + tail
    return local + "@" + domain if domain else local


def read(secret, local):
    local = local.split("@")[0].lower()
    head, signed, tail = local[:29], local[29:41], local[41:]
    if not head.startswith("rp-") or signed != signature(secret, head + tail):
        return None
    return Token(secret, head[3:19], number(head[19:21]), number(head[21:29]), tail[1:])
