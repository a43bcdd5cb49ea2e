"""Change the libraries that the host will import next.

Attacks: site-packages, the standard library and this package.
How: write a .pth, a module, a poisoned .pyc, or over an existing file.
Source: site(3) on .pth; "pymafka" and "litellm" style start-up files; PEP 552 (unchecked .pyc).
Breach: any file is made or changed there.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    places = {"site": outside.site_packages, "package": outside.package}
    if outside.confined:
        places["stdlib"] = os.path.dirname(os.__file__)
    attempts = {}
    for name, place in places.items():
        attempts[f"{name}_pth"] = lambda place=place: open(f"{place}/zz.pth", "w").write("import os\n")
        attempts[f"{name}_module"] = lambda place=place: open(f"{place}/sitecustomize.py", "w").close()
        attempts[f"{name}_cache"] = lambda place=place: os.makedirs(f"{place}/__pycache__/new")
        for existing in ("module.py", "os.py", "errors.py", "__init__.py"):
            path = f"{place}/{existing}"
            if os.path.exists(path):
                attempts[f"{name}_{existing[:2]}"] = lambda path=path: os.close(os.open(path, os.O_WRONLY))
                attempts[f"{name}_{existing[:2]}x"] = lambda path=path: os.rename(path, path + "x")
    return went_through(**attempts)
