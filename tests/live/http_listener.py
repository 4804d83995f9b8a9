"""Listeners of role http: plain on loopback, TLS with ALPN, pipelining, the end of the
process, limits; with curl, Python's http.client, and by hand."""
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time

from ringpost_live import Daemon, free_port, until


def curl(*arguments):
    got = subprocess.run(["curl", "-sS", "-i", "--max-time", "30", *arguments],
                         capture_output=True, text=True)
    assert got.returncode == 0, (got.returncode, got.stderr)
    return got.stdout


def read_all(connection):
    got = b""
    while piece := connection.recv(65536):
        got += piece
    return got


def check_plain(port):
    answer = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(3):  # one connection
        answer.request("GET", "/nothing/here")
        got = answer.getresponse()
        body = json.loads(got.read())
        assert got.status == 404 and body["code"] == "not_found", (got.status, body)
        assert got.getheader("Content-Type") == "application/problem+json"
    answer.close()
    both = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + \
        b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(both)
        assert read_all(connection).count(b"HTTP/1.1 404 ") == 51
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b"EHLO a\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def check_large(port):
    """Who is refused in front of a large body hears it, however fast he sends."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        connection.sendall(bytes(1000000))
        got = b""
        while b"\r\n\r\n" not in got:
            got += connection.recv(4096)
        assert got.startswith(b"HTTP/1.1 404 ") and b"Connection: close" in got, got


def check_tls(daemon, port):
    got = curl("--cacert", daemon.certificate, f"https://127.0.0.1:{port}/x")
    assert got.startswith("HTTP/1.1 404 "), got
    context = ssl.create_default_context(cafile=daemon.certificate)
    for offered, agreed in ((["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"),
                            ([], None)):
        if offered:
            context.set_alpn_protocols(offered)
        else:
            context = ssl.create_default_context(cafile=daemon.certificate)
        with socket.create_connection(("127.0.0.1", port), 60) as connection, \
                context.wrap_socket(connection, server_hostname="127.0.0.1") as wrapped:
            assert wrapped.selected_alpn_protocol() == agreed, offered
    context.set_alpn_protocols(["h2", "smtp"])
    try:
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            context.wrap_socket(connection, server_hostname="127.0.0.1")
        raise AssertionError("smtp is not spoken there")
    except ssl.SSLError:
        pass


def check_end(daemon, port):
    """A connection that waits for a request does not hold the process up."""
    idle = socket.create_connection(("127.0.0.1", port), 60)
    idle.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    assert idle.recv(4096).startswith(b"HTTP/1.1 404 ")
    began = time.monotonic()
    daemon.stop()
    assert idle.recv(4096) == b""
    print(f"stopped in {time.monotonic() - began:.2f} s with a connection that waits")


def main():
    port, tls_port, few_port = free_port(), free_port(), free_port()
    daemon = Daemon(tls=True)
    daemon.config["listeners"] += [
        {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none"},
        {"address": f"127.0.0.1:{few_port}", "role": "http", "tls": "none", "sessions": 1},
        {"address": f"127.0.0.1:{tls_port}", "role": "http", "tls": "implicit",
         "serves": ["api"]}]
    daemon.write_config()
    with daemon:
        check_plain(port)
        check_large(port)
        check_tls(daemon, tls_port)
        with socket.create_connection(("127.0.0.1", few_port), 60) as first:
            first.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            assert first.recv(4096).startswith(b"HTTP/1.1 404 ")
            with socket.create_connection(("127.0.0.1", few_port), 60) as second:
                assert read_all(second).startswith(b"HTTP/1.1 503 ")
        until(lambda: daemon.events("http_request"), what="events of requests")
        event = daemon.events("http_request")[0]
        assert event["path"] == "/nothing/here" and event["status"] == 404, event
        check_end(daemon, port)
    print("http_listener: good")


if __name__ == "__main__":
    sys.exit(main())
