"""Install what the tests need from the system: a browser, libseccomp for the sandbox, openssl, PostgreSQL. With ``bench``
what the benchmarks need: wrk.

Run by ``make`` before the package's own dependencies matter, so it uses the standard library alone. As root on
Debian or Ubuntu it installs what is missing; elsewhere it says what to install and how.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(*, for_bench: bool) -> list[str]:
    """Debian packages of which nothing equivalent is there."""
    if for_bench:
        return [] if shutil.which("wrk") else ["wrk"]
    packages = []
    if not os.environ.get("SCHILLINGER_CHROMIUM") and not any(shutil.which(name) for name in BROWSERS):
        packages.append("chromium")
    if sys.platform == "linux" and ctypes.util.find_library("seccomp") is None:
        packages.append("libseccomp2")
    if shutil.which("openssl") is None:
        packages.append("openssl")
    # Debian keeps its programs off the path.
    if shutil.which("initdb") is None and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        packages.append("postgresql")
    return packages


def main() -> int:
    """Install what is missing, or say how to."""
    for_bench = sys.argv[1:] == ["bench"]
    packages = missing(for_bench=for_bench)
    if not packages:
        return 0
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        prefix = "sudo " if shutil.which("apt-get") else ""
        print(
            f"{' and '.join(packages)} must be installed: {prefix}{' '.join(command)}\n"
            "(any Chromium or Chrome will do: name it in SCHILLINGER_CHROMIUM)",
            file=sys.stderr,
        )
        return 1
    print(f"installing {' and '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)
    return 1 if missing(for_bench=for_bench) else 0


if __name__ == "__main__":
    sys.exit(main())
