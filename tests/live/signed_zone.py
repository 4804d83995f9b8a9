"""A validating resolver on loopback that knows a test's records, and says of
each whether it was signed: what a real one would have found out by itself.

    with SignedZone({("receiver.test", MX): Set([mx…]), …}) as zone:
        zone.address
        zone.sets[...] = …          # from now on

A Set is records, with AD unless signed=False; BOGUS is answered SERVFAIL, as a
validating resolver does. Names of no record do not exist, as signed as zone.signed says.
"""
import socket
import struct

import dns_server as d


class Set:
    def __init__(self, *records, signed=True):
        self.records, self.signed = records, signed


BOGUS = object()


def mx(name, *hosts, signed=True, ttl=300):
    return (name, d.MX), Set(
        *(d.mx(name, preference, host, ttl) for preference, host in hosts), signed=signed)


def a(name, *addresses, signed=True, ttl=300):
    return (name, d.A), Set(*(d.a(name, one, ttl) for one in addresses), signed=signed)


def cname(name, target, signed=True, ttl=300):
    return (name, d.CNAME), Set(d.cname(name, target, ttl), signed=signed)


def txt(name, text, signed=True, ttl=300):
    return (name, d.TXT), Set(d.txt(name, text.encode(), ttl=ttl), signed=signed)


def tlsa(host, port, *records, signed=True, ttl=300):
    """RECORDS: (usage, selector, matching, bytes)."""
    name = f"_{port}._tcp.{host}"
    return (name, d.TLSA), Set(
        *(d.record(name, d.TLSA, ttl, struct.pack("BBB", *one[:3]) + one[3])
          for one in records), signed=signed)


class SignedZone(d.DnsServer):
    def __init__(self, *sets, signed=True, host="127.0.0.1"):
        super().__init__(self._look, host=host)
        self.sets, self.signed = dict(sets), signed

    def put(self, *sets):
        self.sets.update(sets)

    def bogus(self, name, kind):
        self.sets[(name, kind)] = BOGUS

    def asked(self, kind):
        return [q.name for q in self.queries if q.kind == kind]

    def _look(self, query):
        name, records, signed = query.name.lower(), [], True
        for _ in range(5):
            found = self.sets.get((name, query.kind))
            alias = self.sets.get((name, d.CNAME)) if query.kind != d.CNAME else None
            if BOGUS in (found, alias):
                return query.reply(rcode=d.SERVFAIL)
            if found:
                return query.reply(records + list(found.records),
                                   ad=query.ad and signed and found.signed)
            if not alias:
                break
            records += alias.records
            signed = signed and alias.signed
            name = self._target(alias.records[0])
        exists = any(known.endswith(name) for known, _ in self.sets)
        return query.reply(records, authority=[d.soa("test", 60)],
                           rcode=d.NOERROR if exists or records else d.NXDOMAIN,
                           ad=query.ad and signed and self.signed)

    @staticmethod
    def _target(record):
        at, names = 0, []
        for part in range(2):
            labels = []
            while record[at]:
                labels.append(record[at + 1:at + 1 + record[at]].decode())
                at += 1 + record[at]
            names.append(".".join(labels))
            at += 1 + (10 if part == 0 else 0)
        return names[1]


def loopback(number):
    """An address of 127/8 of its own, for hosts that need the same port."""
    return f"127.77.{number // 200}.{number % 200 + 1}"


def free_port_on(*addresses):
    """A port that is free on all of them."""
    for _ in range(50):
        held = []
        try:
            for address in addresses:
                one = socket.socket()
                held.append(one)
                one.bind((address, held[0].getsockname()[1] if len(held) > 1 else 0))
            return held[0].getsockname()[1]
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    raise OSError("no port is free")
