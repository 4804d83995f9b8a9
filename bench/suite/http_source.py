#!/usr/bin/python3
"""Sends messages to an HTTP API's POST /v1/messages, a few requests ahead of the answers.

http_source.py HOST:PORT --key-file FILE [--messages N] [--connections N] [--batch N]
               [--size BYTES] [--json FILE]
"""
import argparse
import json
import socket
import sys
import threading

AHEAD = 4  # requests of a connection that wait for their answers
LINE = "The quick brown fox jumps over the lazy dog, and over again.\n"


def request(key, body):
    """POST /v1/messages of BODY as bytes."""
    body = json.dumps(body).encode()
    return (b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key.encode() +
            b"\r\nContent-Type: application/json\r\nContent-Length: " +
            str(len(body)).encode() + b"\r\n\r\n" + body)


def mail(size=4096):
    """A message of about SIZE bytes without a recipient, as the API takes it."""
    return {"from": "a@source.test", "subject": "Four kilobytes",
            "text": LINE * max(1, (size - 400) // len(LINE))}


def requests(key, batch, domain="dst.test", size=4096):
    """One request of BATCH messages, a recipient each; of one it is the plain form."""
    if batch == 1:
        return request(key, {**mail(size), "to": f"user1@{domain}"})
    return request(key, {**mail(size), "recipients": [
        {"to": f"user{i}@{domain}"} for i in range(batch)]})


def say(address, text, count):
    """Sends TEXT COUNT times on one connection; raises what goes wrong."""
    with socket.create_connection(address, 60) as connection:
        said = heard = 0
        while heard < count:
            while said < count and said - heard < AHEAD:
                connection.sendall(text)
                said += 1
            got = connection.recv(65536)
            if not got:
                raise OSError("the server hung up")
            taken = got.count(b"HTTP/1.1 202 ")
            if taken != got.count(b"HTTP/1.1 "):
                raise OSError(f"refused: {got[:300]!r}")
            heard += taken


def send(address, text, count, connections):
    """TEXT COUNT times in all; the first thing that went wrong, or None."""
    wrong = []

    def run(share):
        try:
            say(address, text, share)
        except OSError as error:
            wrong.append(str(error))
    shares = [count // connections + (i < count % connections) for i in range(connections)]
    threads = [threading.Thread(target=run, args=(share,)) for share in shares if share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong[0] if wrong else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--key-file", required=True)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--json")
    options = parser.parse_args()
    with open(options.key_file, encoding="ascii") as file:
        key = file.read().strip()
    host, port = options.address.rsplit(":", 1)
    count = options.messages // options.batch
    wrong = send((host, int(port)), requests(key, options.batch, size=options.size), count,
                 options.connections)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"messages": {"acked": 0 if wrong else count * options.batch},
                       "errors": [wrong] if wrong else []}, file)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
