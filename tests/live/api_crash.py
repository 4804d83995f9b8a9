"""202 means safe: the daemon is killed while many send over HTTP, starts again, and
everything that had its 202 arrives."""
import http.client
import json
import threading
import time

from ringpost_live import Daemon, Sink, free_port, until

CLIENTS, ROUNDS = 8, 2


class Sender(threading.Thread):
    def __init__(self, port, key, number, stop):
        super().__init__(daemon=True)
        self.port, self.key, self.number, self.stop = port, key, number, stop
        self.accepted, self.unknown = [], []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        count = 0
        while not self.stop.is_set():
            name = f"u{self.number}-{count}"
            count += 1
            try:
                connection.request("POST", "/v1/messages", json.dumps(
                    {"from": "a@sender.test", "to": name + "@x.test", "text": "x"}),
                    {"Authorization": "Bearer " + self.key, "Idempotency-Key": name})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.accepted.append(name)
                else:
                    self.unknown.append(name)
            except (OSError, http.client.HTTPException):
                self.unknown.append(name)
                return


def one_round(daemon, sink, port, key, number):
    stop = threading.Event()
    senders = [Sender(port, key, number * CLIENTS + i, stop) for i in range(CLIENTS)]
    for sender in senders:
        sender.start()
    until(lambda: sum(len(s.accepted) for s in senders) >= 200, what="200 messages")
    daemon.kill()
    stop.set()
    for sender in senders:
        sender.join(60)
        assert not sender.is_alive()
    daemon.start()
    accepted = {name + "@x.test" for s in senders for name in s.accepted}
    until(lambda: accepted <= {a for m in sink.messages for a in m.addresses}, 60,
          "all that was accepted")
    unknown = [name for s in senders for name in s.unknown]
    print(f"round {number}: {len(accepted)} with 202, none missing; {len(unknown)} without")
    return unknown


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")])
        daemon.config["listeners"].append(
            {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none"})
        daemon.write_config()
        with daemon:
            key = daemon.run("key", "add", "shop", "--sender", "*").stdout.strip()
            for number in range(ROUNDS):
                one_round(daemon, sink, port, key, number)
    print("api_crash: good")


if __name__ == "__main__":
    main()
