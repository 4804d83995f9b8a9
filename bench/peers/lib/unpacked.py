"""Debian packages that may not stand beside Postfix: unpacked into a folder, and run in a
mount namespace where the paths that are compiled into them lead to folders of ours."""
import os
import re
import shlex
import shutil
import subprocess

from .peer import Cannot, Peer, apt

USERS_FROM = 64700  # user and group ids that only the namespace has names for


class Unpacked(Peer):
    """A subclass says PACKAGES, PROGRAM (a path inside them), USERS (names), MOUNTS
    (what the program believes: where it is; relative to DIR, or to the packages after "=")."""

    packages, program, users, mounts = (), "", (), {}

    @property
    def root(self):
        return os.path.join(self.peers, type(self).__name__.lower())

    @property
    def binary(self):
        return self.root + self.program

    def missing(self):
        why = self.need_root() or self.lacks("unshare")
        if not why and not os.access(self.binary, os.X_OK):
            why = "it is not installed (bench/run --install-peers)"
        return why

    def install(self):
        """Gets the packages, unpacks them, and installs the libraries they name."""
        fresh = self.root + ".new"
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(os.path.join(fresh, "packages"))
        apt(*self.packages, download=os.path.join(fresh, "packages"))
        needed, versions = set(), []
        for name in os.listdir(os.path.join(fresh, "packages")):
            path = os.path.join(fresh, "packages", name)
            subprocess.run(["dpkg-deb", "-x", path, fresh], check=True)
            needed |= self._libraries(path)
            versions.append(self._field(path, "Version"))
        if needed:
            apt(*sorted(needed))
        with open(os.path.join(fresh, "version"), "w", encoding="utf-8") as file:
            file.write(versions[0] + "\n")
        for path in self.mounts:
            os.makedirs(path, exist_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)
        os.rename(fresh, self.root)

    def version(self):
        with open(os.path.join(self.root, "version"), encoding="utf-8") as file:
            return file.read().strip()

    @staticmethod
    def _field(package, name):
        return subprocess.run(["dpkg-deb", "-f", package, name], check=True, text=True,
                              capture_output=True).stdout.strip()

    @classmethod
    def _libraries(cls, package):
        first = [re.match(r"\s*([a-z0-9.+-]+)", each).group(1)
                 for each in cls._field(package, "Depends").split(",")]
        return {name for name in first if name.startswith("lib")}

    def identity(self, name):
        """The number of one of our USERS."""
        return USERS_FROM + self.users.index(name)

    def enclose(self, command, log="output"):
        """Starts COMMAND (words) in a namespace of its own; it stays in the foreground."""
        accounts = "".join(f"{u}:x:{self.identity(u)}:{self.identity(u)}::/nonexistent:"
                           "/usr/sbin/nologin\n" for u in self.users)
        groups = "".join(f"{u}:x:{self.identity(u)}:\n" for u in self.users)
        binds = []
        for kind, ours in (("passwd", accounts), ("group", groups)):
            with open("/etc/" + kind, encoding="utf-8") as file:
                lines = [line for line in file if line.split(":")[0] not in self.users]
            binds.append((self.write(f"names/{kind}", ours + "".join(lines)), "/etc/" + kind))
        binds.append((self.write("names/hosts", "127.0.0.1 localhost relay.test\n"), "/etc/hosts"))
        for place, source in self.mounts.items():
            where = self.root + source[1:] if source.startswith("=") else self.path(source)
            if not os.path.isdir(place):
                raise Cannot(f"{place} is not there (bench/run --install-peers)")
            binds.append((where, place))
        script = ["set -e", "mount --make-rprivate /"]
        script += [f"mount --bind {shlex.quote(a)} {shlex.quote(b)}" for a, b in binds]
        script.append("exec " + shlex.join(map(str, command)))
        inside = self.write("enclosed.sh", "\n".join(script) + "\n")
        return self.background(["unshare", "-m", "sh", inside], log)
