"""A DNS server that plays a scenario of the SPF test suite.

    with SpfZone(scenario["zonedata"]) as server: server.address

The suite's ways: a name's list has {type: data} and, perhaps, "TIMEOUT", which
is silence for every type that is not there; records of type SPF are served as
TXT unless the name has TXT of its own ("NONE": it has none at all).
"""
import socket

import dns_server as d

KINDS = {"A": d.A, "AAAA": d.AAAA, "MX": d.MX, "PTR": d.PTR, "CNAME": d.CNAME, "TXT": d.TXT}


def strings(value):
    """TXT data: character strings of 255 bytes at the most."""
    out = b""
    for one in [value] if isinstance(value, str) else value:
        data = one.encode()
        for at in range(0, max(len(data), 1), 255):
            part = data[at:at + 255]
            out += bytes([len(part)]) + part
    return out


def data_of(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return value[0].to_bytes(2, "big") + d.name_bytes(value[1])
    if kind == "TXT":
        return strings(value)
    return d.name_bytes(value)


class SpfZone(d.DnsServer):
    def __init__(self, zonedata):
        super().__init__(self.reply)
        self.names = {name.lower(): self.read(rows) for name, rows in zonedata.items()}

    @staticmethod
    def read(rows):
        """[(kind, data)] and whether the rest is silence"""
        silent = any(row == "TIMEOUT" for row in rows)
        pairs = [pair for row in rows if isinstance(row, dict) for pair in row.items()]
        if not any(kind == "TXT" for kind, _ in pairs):
            pairs += [("TXT", value) for kind, value in pairs if kind == "SPF"]
        return [(KINDS[kind], data_of(kind, value)) for kind, value in pairs
                if kind != "SPF" and value != "NONE"], silent

    def reply(self, query):
        if query.name.lower() not in self.names:
            return query.reply(authority=[d.soa("test", 60)], rcode=d.NXDOMAIN)
        records, silent = self.names[query.name.lower()]
        for kind in [query.kind, d.CNAME]:
            found = [d.record(query.name, kind, 300, data) for k, data in records if k == kind]
            if found:
                return query.reply(found)
        return None if silent else query.reply(authority=[d.soa("test", 60)])
