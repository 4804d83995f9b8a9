"""Ports of loopback that nobody has, for servers of tests."""
import random
import socket

_chance = random.SystemRandom()  # tests run beside each other
_given = set()


def free_port(*hosts):
    """One that is free at HOSTS (127.0.0.1), for TCP and UDP, and was not given
    before. Below those that the kernel gives to who connects: a server can come
    back to it."""
    while True:
        port = _chance.randrange(10000, 32000)
        if port in _given:
            continue
        try:
            for host in hosts or ("127.0.0.1",):
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                    with socket.socket(family, kind) as one:
                        one.bind((host, port))
        except OSError:
            continue
        _given.add(port)
        return port
