"""A web server over TLS with a test CA, for policies, reports and tokens.

    with Authority() as ca, Web(ca, ["mta-sts.x.test"], answer) as web:
        web.port, ca.file, web.requests

ANSWER(request) gives (status, body) or (status, body, headers); `slowly` in the
headers: seconds between the bytes. Names that do not stand in the certificate
are not trusted.
"""
import collections
import datetime
import http.server
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time

Request = collections.namedtuple("Request", "method host path headers body")


class Authority:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ringpost-ca-")
        self.file = os.path.join(self.folder, "ca.pem")
        self.key = os.path.join(self.folder, "ca.key")
        self.count = 0
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                      "/CN=test authority", "-keyout", self.key, "-out", self.file)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def issue(self, names, expired=False):
        """A certificate file and its key."""
        self.count += 1
        base = os.path.join(self.folder, str(self.count))
        with open(base + ".ext", "w") as file:
            file.write("subjectAltName=" + ",".join("DNS:" + n for n in names) + "\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                      "-nodes", "-subj", "/CN=leaf", "-keyout", base + ".key", "-out",
                      base + ".csr")
        if expired:  # `x509` cannot date back; `ca` can
            with open(base + ".cnf", "w") as file:
                file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}.db\nserial={base}.serial\n"
                           f"new_certs_dir={self.folder}\ndefault_md=sha256\npolicy=p\n"
                           "[p]\ncommonName=supplied\n")
            open(base + ".db", "w").close()
            with open(base + ".serial", "w") as file:
                file.write("1000\n")
            form = "%Y%m%d%H%M%SZ"
            now = datetime.datetime.utcnow()
            self._openssl("ca", "-batch", "-config", base + ".cnf", "-in", base + ".csr",
                          "-cert", self.file, "-keyfile", self.key, "-out", base + ".pem",
                          "-extfile", base + ".ext", "-notext", "-startdate",
                          (now - datetime.timedelta(9)).strftime(form), "-enddate",
                          (now - datetime.timedelta(2)).strftime(form))
        else:
            self._openssl("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey",
                          self.key, "-CAcreateserial", "-days", "20", "-extfile",
                          base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"


class Web:
    def __init__(self, authority, names, answer, address="127.0.0.1", expired=False,
                 tls=True, port=0):
        self.requests, self.connections, self.answer = [], 0, answer
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                web.connections += 1

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.headers.get("Host"), self.path,
                                  dict(self.headers), body)
                web.requests.append(request)
                status, body, *more = web.answer(request)
                fields = dict(more[0]) if more else {}
                slowly = fields.pop("slowly", 0)
                if isinstance(body, str):
                    body = body.encode()
                self.send_response(status)
                self.send_header("Content-Length", fields.pop("length", len(body)))
                fields.setdefault("Content-Type", "text/plain")
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    if slowly:
                        for byte in body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(slowly)
                    else:
                        self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

            def finish_request(self, request, client):
                if web.context:  # here, in the connection's own thread
                    request.settimeout(60)
                    request = web.context.wrap_socket(request, server_side=True)
                self.RequestHandlerClass(request, client, self)

        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*authority.issue(names, expired))
        self.server = Server((address, port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
