# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made by the openssl program: one authority and what it signs."""
import os
import shutil
import subprocess
import tempfile
import unittest

needs_openssl = unittest.skipUnless(shutil.which("openssl"), "the program openssl is missing")

RULES = """
[ca]
default_ca = own
[own]
database = {home}/index
new_certs_dir = {home}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """A context manager. `file` is its own certificate."""

    def __init__(self, name="Test authority"):
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-ca-")
        self.file, self.key = self.path("ca.pem"), self.path("ca.key")
        open(self.path("index"), "w").close()
        with open(self.path("rules"), "w") as file:
            file.write(RULES.format(home=self.directory.name))
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                     "-days", "30", "-addext", "keyUsage=critical,keyCertSign",
                     "-keyout", self.key, "-out", self.file)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    @staticmethod
    def openssl(*words):
        done = subprocess.run(["openssl", *words], capture_output=True)
        if done.returncode:
            raise AssertionError(f"openssl {words[0]}:\n{done.stderr.decode()}")

    def sign(self, name, hosts=("IP:127.0.0.1", "DNS:localhost"), dates=None):
        """Files of a certificate for these hosts and of its key; `dates` are its first and last
        day as openssl writes them."""
        key, request, file = (self.path(f"{name}.{kind}") for kind in ("key", "csr", "pem"))
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                     "-addext", "subjectAltName=" + ",".join(hosts),
                     "-keyout", key, "-out", request)
        when = ["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "30"]
        self.openssl("ca", "-batch", "-notext", "-config", self.path("rules"), "-cert", self.file,
                     "-keyfile", self.key, "-in", request, "-out", file, *when)
        return file, key

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()
