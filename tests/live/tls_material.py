"""Certificates and TLSA records for tests of TLS policies."""
import hashlib
import os
import ssl
import subprocess

from ringpost_live import make_certificate

CA_CONFIG = """\
[ca]
default_ca = own
[own]
database = {directory}/index.txt
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def expired_certificate(directory, *names, stem="expired"):
    """A self-signed pair that was good in January of 2020."""
    certificate = os.path.join(directory, stem + ".crt")
    key = os.path.join(directory, stem + ".key")
    request = os.path.join(directory, stem + ".csr")
    config = os.path.join(directory, stem + ".cnf")
    with open(config, "w") as file:
        file.write(CA_CONFIG.format(directory=directory))
    open(os.path.join(directory, "index.txt"), "w").close()
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=" + names[0], "-addext",
         "subjectAltName=" + ",".join("DNS:" + n for n in names), "-keyout", key,
         "-out", request], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "ca", "-batch", "-selfsign", "-config", config, "-in", request,
         "-keyfile", key, "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
         "-notext", "-out", certificate], check=True, capture_output=True)
    return certificate, key


def authority(directory, stem="authority"):
    """(certificate, key) of one that may issue others."""
    return make_certificate(directory, "authority.test", stem=stem)


def issued_certificate(directory, issuer, *names, stem="issued"):
    """A pair issued by ISSUER, its certificate behind the pair's own in the file."""
    certificate = os.path.join(directory, stem + ".crt")
    key = os.path.join(directory, stem + ".key")
    request = os.path.join(directory, stem + ".csr")
    extensions = os.path.join(directory, stem + ".ext")
    with open(extensions, "w") as file:
        file.write("subjectAltName=" + ",".join("DNS:" + n for n in names) + "\n")
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=" + names[0], "-keyout", key, "-out", request],
        check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey", issuer[1],
         "-days", "30", "-set_serial", str(int.from_bytes(os.urandom(8), "big")),
         "-extfile", extensions, "-out", certificate], check=True, capture_output=True)
    with open(certificate, "a") as file, open(issuer[0]) as more:
        file.write(more.read())
    return certificate, key


def first_der(path):
    with open(path) as file:
        text = file.read()
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN"):text.index(end) + len(end)])


def key_der(path):
    public = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"],
                            check=True, capture_output=True).stdout
    return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public,
                          check=True, capture_output=True).stdout


def record_of(path, usage=3, selector=1, matching=1):
    """(usage, selector, matching, data) that stands for the certificate in PATH."""
    data = key_der(path) if selector else first_der(path)
    if matching:
        data = hashlib.new({1: "sha256", 2: "sha512"}[matching], data).digest()
    return usage, selector, matching, data


FORGED = (3, 1, 1, hashlib.sha256(b"somebody else's").digest())
