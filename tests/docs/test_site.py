"""The site as it is built: every link leads somewhere, every public name is there, nothing is fetched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import TOP
from .test_complete import public_names


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, with every warning taken for an error: a link or an anchor that leads nowhere is one."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=TOP,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    """Each has a place of its own that can be linked to."""
    anchors = "".join(page.read_text(encoding="utf-8") for page in (site / "reference").glob("*.html"))
    missing = [name for name in public_names() if f'id="{name}"' not in anchors]
    assert not missing


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures are all on the site; other sites are linked to, at most."""
    fetched = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
    for page in site.rglob("*.html"):
        found = [tag for tag in fetched.findall(page.read_text(encoding="utf-8")) if 'rel="canonical"' not in tag]
        assert not found, (page, found)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_no_marker_is_left(site: Path) -> None:
    """What is made of the code has been made."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "made of:" not in text, page
        assert "::: schillinger" not in text, page
    assert not (site / "markers.py").exists()


def test_the_picture_of_the_readme_is_there(site: Path) -> None:
    """The front page shows it."""
    assert (site / "quickstart.png").read_bytes() == (TOP / "notebooks" / "quickstart.png").read_bytes()
    assert "quickstart.png" in (site / "index.html").read_text(encoding="utf-8")
