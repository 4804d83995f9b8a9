"""A real DNS server, dnsmasq, with a test's records.

    with Dns(mx={"receiver.test": [(10, "mx.receiver.test")]},
             a={"mx.receiver.test": ["127.0.0.2"]}, txt={"x.test": ["v=…"]}) as dns:
        dns.address
"""
import os
import socket
import subprocess
import tempfile
import time

from ports import free_port


class Dns:
    """Names it was told nothing of do not exist (NXDOMAIN). `set` changes records."""

    def __init__(self, mx=None, a=None, txt=None, cname=None, ptr=None, options=()):
        self.records = {"mx": dict(mx or {}), "a": dict(a or {}), "txt": dict(txt or {}),
                        "cname": dict(cname or {}), "ptr": dict(ptr or {})}
        self.options = list(options)
        self.port = free_port()
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _lines(self):
        r = self.records
        yield from ("no-resolv", "no-hosts", f"port={self.port}", "listen-address=127.0.0.1",
                    "bind-interfaces", "local=/#/", "user=", "group=", "pid-file=", "local-ttl=1")
        for domain, hosts in r["mx"].items():
            for preference, host in hosts:
                yield f"mx-host={domain},{host},{preference}"
        for name, addresses in r["a"].items():
            for address in addresses:
                yield f"host-record={name},{address}"
        for name, strings in r["txt"].items():
            for text in [strings] if isinstance(strings, str) else strings:
                parts = [text[i:i + 200] for i in range(0, len(text), 200)] or [""]
                yield f"txt-record={name}," + ",".join(f'"{part}"' for part in parts)
        for name, target in r["cname"].items():
            yield f"cname={name},{target}"
        for name, target in r["ptr"].items():
            yield f"ptr-record={name},{target}"
        yield from self.options

    def start(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
            file.write("\n".join(self._lines()) + "\n")
        self.process = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", f"--conf-file={file.name}",
             "--log-facility=-"], stderr=subprocess.PIPE, text=True)
        for _ in range(3000):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            if self.process.poll() is not None:
                raise RuntimeError("dnsmasq ended: " + self.process.stderr.read())
            time.sleep(0.02)
        else:
            raise RuntimeError("dnsmasq does not answer")
        os.unlink(file.name)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.communicate()
            self.process = None

    def set(self, **kinds):
        """Other records, by kind; None takes a name away. The server starts anew."""
        for kind, records in kinds.items():
            for name, value in records.items():
                if value is None:
                    self.records[kind].pop(name, None)
                else:
                    self.records[kind][name] = value
        if self.process:
            self.stop()
            self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
