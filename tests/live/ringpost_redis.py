"""A Redis of one's own for live tests: several nodes have one queue.

    with Redis() as redis, Daemon(queue={"redis": "unix:" + redis.socket}) as one: …
"""
import os
import shutil
import subprocess
import tempfile

from ringpost_live import until


class Redis:
    """OPTIONS: of redis-server, more of them."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="ringpost-redis-")
        self.socket = os.path.join(self.directory, "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir",
             self.directory, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--maxmemory-policy", "noeviction", *self.options], stdout=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.socket), 20, "a Redis")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
