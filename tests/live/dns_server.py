"""A DNS server that behaves as badly as a test wants.

    with DnsServer(answer) as server:      # answer(query) -> bytes, list or None
        server.address, server.queries

ANSWER runs for each query, UDP and TCP, and gives the bytes to send, a list of
such, a (delay_s, bytes) pair, or None for silence. Query.reply builds honest
and dishonest messages.
"""
import asyncio
import socket
import struct
import threading

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, OPT, TLSA = 1, 2, 5, 6, 12, 15, 16, 28, 41, 52
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)


def name_bytes(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def record(owner, kind, ttl, data):
    return name_bytes(owner) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def a(owner, address, ttl=300):
    return record(owner, A, ttl, socket.inet_aton(address))


def mx(owner, preference, host, ttl=300):
    return record(owner, MX, ttl, struct.pack(">H", preference) + name_bytes(host))


def cname(owner, target, ttl=300):
    return record(owner, CNAME, ttl, name_bytes(target))


def txt(owner, *strings, ttl=300):
    return record(owner, TXT, ttl, b"".join(bytes([len(s)]) + s for s in strings))


def soa(owner, minimum, ttl=3600):
    return record(owner, SOA, ttl, name_bytes("ns." + owner) + name_bytes("root." + owner)
                  + struct.pack(">IIIII", 1, 3600, 600, 86400, minimum))


class Query:
    def __init__(self, data, tcp):
        self.data, self.tcp = data, tcp
        self.id, self.flags, _, _, _, additional = struct.unpack(">HHHHHH", data[:12])
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
            at += 1 + data[at]
        self.name = ".".join(labels)
        self.kind = struct.unpack(">H", data[at + 1:at + 3])[0]
        self.question = data[12:at + 5]
        self.edns = additional == 1
        self.ad = bool(self.flags & 0x20)

    def reply(self, answers=(), authority=(), additional=(), rcode=NOERROR, ad=False,
              truncated=False, id=None, question=None):
        flags = 0x8180 | rcode | (0x20 if ad else 0) | (0x200 if truncated else 0)
        additional = list(additional)
        if self.edns and rcode != FORMERR:
            additional.append(b"\0" + struct.pack(">HHIH", OPT, 1232, 0, 0))
        return struct.pack(">HHHHHH", self.id if id is None else id, flags, 1, len(answers),
                           len(authority), len(additional)) \
            + (question or self.question) + b"".join(answers) + b"".join(authority) \
            + b"".join(additional)


class DnsServer:
    def __init__(self, answer, host="127.0.0.1", port=0):
        self.answer, self.host, self.port = answer, host, port
        self.queries = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.ready = threading.Event()

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def count(self, name):
        return sum(1 for q in self.queries if q.name == name)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self.ready.set()
        self.loop.run_forever()
        self.udp.close()
        self.tcp.close()
        self.loop.run_until_complete(asyncio.sleep(0.01))

    async def _start(self):
        # The same port for both: one that is free for TCP, then UDP on it.
        for _ in range(20):
            tcp = socket.socket()
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((self.host, self.port))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            try:
                udp.bind(tcp.getsockname())
                break
            except OSError:
                tcp.close()
                udp.close()
        self.port = tcp.getsockname()[1]
        server = self

        class Udp(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.transport = transport

            def datagram_received(self, data, where):
                server._handle(Query(data, False), lambda b: self.send(b, where))

            def send(self, data, where):
                if not self.transport.is_closing():
                    self.transport.sendto(data, where)

        self.udp, _ = await self.loop.create_datagram_endpoint(Udp, sock=udp)
        self.tcp = await asyncio.start_server(self._serve_tcp, sock=tcp)

    async def _serve_tcp(self, reader, writer):
        try:
            while True:
                size, = struct.unpack(">H", await reader.readexactly(2))
                query = Query(await reader.readexactly(size), True)
                self._handle(query, lambda b: writer.write(struct.pack(">H", len(b)) + b))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _handle(self, query, send):
        self.queries.append(query)
        got = self.answer(query)
        for one in got if isinstance(got, list) else [got]:
            if isinstance(one, tuple):
                self.loop.call_later(one[0], send, one[1])
            elif one is not None:
                send(one)
