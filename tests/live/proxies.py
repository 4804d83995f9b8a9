"""Proxies to connect through, for live tests: SOCKS5, and the PROXY protocol v2."""
import socket
import struct
import threading


class Proxy:
    """Accepts, finds out where to go, connects there from ADDRESS, passes bytes on."""

    def __init__(self, address="127.0.0.1", port=0):
        self.address, self.port = address, port
        self.asked, self.trouble = [], []
        self.listener = None
        self.open = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        for one in self.open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self.open.append(client)
        try:
            with client:
                target = self.greet(client)
                if target:
                    self._pass(client, target)
        except OSError:
            pass
        except Exception as error:
            self.trouble.append(repr(error))

    def _pass(self, client, target):
        with target:
            def forth():
                try:
                    while data := client.recv(65536):
                        target.sendall(data)
                    target.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            threading.Thread(target=forth, daemon=True).start()
            try:
                while data := target.recv(65536):
                    client.sendall(data)
            except OSError:
                pass

    def connect(self, host, port):
        self.asked.append((host, port))
        return socket.create_connection((host, port), 10, (self.address, 0))

    @staticmethod
    def exactly(client, size):
        data = b""
        while len(data) < size:
            more = client.recv(size - len(data))
            if not more:
                raise OSError("hung up")
            data += more
        return data


class Socks5(Proxy):
    """With USERS (name to password) a login is asked for."""

    def __init__(self, users=None, **options):
        super().__init__(**options)
        self.users, self.logins = users, []

    def greet(self, client):
        version, count = self.exactly(client, 2)
        assert version == 5, version
        methods = self.exactly(client, count)
        if self.users and 2 not in methods:
            client.sendall(b"\5\xff")
            return None
        client.sendall(b"\5\2" if self.users else b"\5\0")
        if self.users and not self._log_in(client):
            return None
        version, command, zero, kind = self.exactly(client, 4)
        assert (version, command, zero) == (5, 1, 0)
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, self.exactly(client, 4))
        else:
            assert kind == 4, kind
            host = socket.inet_ntop(socket.AF_INET6, self.exactly(client, 16))
        port, = struct.unpack("!H", self.exactly(client, 2))
        try:
            target = self.connect(host, port)
        except OSError:
            client.sendall(b"\5\5\0\1\0\0\0\0\0\0")
            return None
        client.sendall(b"\5\0\0\1\x7f\0\0\1\0\0")
        return target

    def _log_in(self, client):
        version, size = self.exactly(client, 2)
        assert version == 1, version
        user = self.exactly(client, size).decode()
        password = self.exactly(client, self.exactly(client, 1)[0]).decode()
        self.logins.append((user, password))
        good = self.users.get(user) == password
        client.sendall(b"\1\0" if good else b"\1\1")
        return good


class Header(Proxy):
    """Takes a PROXY header of version 2, checks it, connects from the address it says."""

    def __init__(self, **options):
        super().__init__(**options)
        self.sources = []

    def greet(self, client):
        signature = self.exactly(client, 12)
        assert signature == b"\r\n\r\n\0\r\nQUIT\n", signature
        command, family, size = struct.unpack("!BBH", self.exactly(client, 4))
        assert (command, family, size) == (0x21, 0x11, 12), (command, family, size)
        source, target, _, port = struct.unpack("!4s4sHH", self.exactly(client, 12))
        source, target = socket.inet_ntoa(source), socket.inet_ntoa(target)
        self.sources.append(source)
        self.asked.append((target, port))
        return socket.create_connection((target, port), 10, (source, 0))
