"""Paths: which stay inside, and which folders may be given to a plugin."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schillinger_plugins
from schillinger_plugins.errors import InputError
from schillinger_plugins.paths import grantable_folder, inner_path, shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with the usual secrets."""
    home = tmp_path / "home" / "ann"
    for name in (".ssh", ".config", ".local/share/schillinger/plugins", ".local/share/jupyter", ".jupyter", "Music"):
        (home / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME")
    return home


@pytest.mark.parametrize("text", ["main.py", "assets/kernel.npy", "a/./b", "...", "~/x", "ü/é.py"])
def test_inner_paths_stay_inside(text: str, tmp_path: Path) -> None:
    """What is accepted lies within the folder, wherever that is."""
    assert (tmp_path / inner_path(text)).resolve().is_relative_to(tmp_path)


@pytest.mark.parametrize(
    "text", ["", ".", "/etc/passwd", "..", "a/../../b", "a\\b", "C:/x", "c:x", "a\0b", "//host/x", "./.."]
)
def test_inner_paths_that_leave_are_refused(text: str) -> None:
    """Absolute, climbing, drive and empty paths are refused with the remedy."""
    with pytest.raises(InputError, match="leaves the plugin's folder") as caught:
        inner_path(text)
    assert "main.py" in str(caught.value.remedy)


@given(st.text(alphabet=st.one_of(st.sampled_from("./\\\\:~ a\0"), st.characters()), max_size=30))
def test_whatever_is_accepted_stays_inside(text: str) -> None:
    """No text is both accepted and outside; what is accepted is accepted again, unchanged."""
    try:
        path = inner_path(text)
    except InputError:
        return
    assert inner_path(path) == path
    assert os.path.normpath(os.path.join("/plugin", path)).startswith("/plugin/")


@pytest.mark.parametrize("writable", [False, True])
def test_a_folder_of_data_is_granted(home: Path, writable: bool) -> None:
    """``~`` is expanded, and what comes back is absolute and without links."""
    link = home / "link"
    link.symlink_to(home / "Music")
    assert grantable_folder("~/Music", writable=writable) == home / "Music"
    assert grantable_folder(link, writable=writable) == home / "Music"
    assert grantable_folder(f"{home}/Music/../Music/", writable=writable) == home / "Music"


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "~",
        "~/",
        "~/..",
        "~/../..",
        "~/.ssh",
        "~/.config",
        "~/.local",
        "~/.local/share",
        "~/.local/share/jupyter",
        "~/.local/share/schillinger",
        "~/.local/share/schillinger/plugins",
        "~/.jupyter",
        "/proc",
        "/proc/self/fd",
        "/sys",
        "/dev",
        "/dev/shm",  # noqa: S108 - refused
        "/etc",
        "/run",
        "/tmp",  # noqa: S108 - refused
    ],
)
def test_secrets_and_the_system_are_never_granted(home: Path, text: str) -> None:
    """Nothing in or above them, not even for reading."""
    if not Path(text).expanduser().exists():
        pytest.skip("not on this machine")
    with pytest.raises(InputError, match="can't be granted") as caught:
        grantable_folder(text, writable=False)
    assert "name a folder" in str(caught.value.remedy)


def test_a_link_to_a_secret_is_a_secret(home: Path) -> None:
    """The link's name doesn't matter."""
    (home / "Music" / "keys").symlink_to(home / ".ssh")
    with pytest.raises(InputError, match=r"\.ssh"):
        grantable_folder("~/Music/keys", writable=False)


def test_keys_of_other_users_are_secrets_too(home: Path) -> None:
    """Another home folder is known by what is in it."""
    other = home.parent / "bob"
    (other / ".gnupg" / "private").mkdir(parents=True)
    for folder in (other, other / ".gnupg", other / ".gnupg" / "private"):
        with pytest.raises(InputError, match="can't be granted"):
            grantable_folder(folder, writable=False)


@pytest.mark.parametrize("variable", ["XDG_CONFIG_HOME", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "GNUPGHOME"])
def test_moved_secrets_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Where the environment says that settings and tokens are, there they are."""
    place = tmp_path / "elsewhere" / "deep"
    place.mkdir(parents=True)
    monkeypatch.setenv(variable, str(place))
    with pytest.raises(InputError, match="keys, tokens or settings"):
        grantable_folder(place.parent, writable=False)


@pytest.mark.parametrize(
    "folder",
    [
        Path(schillinger_plugins.__file__).parent,
        Path(schillinger_plugins.__file__).parents[1],
        Path(sysconfig.get_path("purelib")),
        Path(sysconfig.get_path("purelib")) / "numpy",
        Path(sysconfig.get_path("stdlib")),
        Path(sys.prefix) / "bin",
        Path("/usr"),
        Path("/usr/local"),
    ],
)
def test_code_is_not_to_be_written(folder: Path) -> None:
    """What Python or a shell would run outside the sandbox may not be changed by a plugin."""
    with pytest.raises(InputError, match="can't be written"):
        grantable_folder(folder, writable=True)


def test_hidden_folders_of_the_home_are_not_to_be_written(home: Path) -> None:
    """Editors, shells and build tools run what lies there; to read it may be what a sampler's library is for."""
    (home / ".vst3" / "presets").mkdir(parents=True)
    for folder in (home / ".vst3", home / ".vst3" / "presets"):
        assert grantable_folder(folder, writable=False)
        with pytest.raises(InputError, match="where programs keep what they run"):
            grantable_folder(folder, writable=True)


def test_programs_on_the_path_are_not_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor any folder above one."""
    (tmp_path / "tools" / "bin").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path / "tools" / "bin"), prepend=os.pathsep)
    for folder in (tmp_path / "tools", tmp_path / "tools" / "bin"):
        with pytest.raises(InputError, match="can't be written"):
            grantable_folder(folder, writable=True)
        grantable_folder(folder, writable=False)


def test_where_modules_come_from_is_not_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder beside a notebook is a place for results; the notebook's own is where a json.py would be imported."""
    (tmp_path / "work" / "out").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "work"))
    with pytest.raises(InputError, match="Python imports"):
        grantable_folder(tmp_path / "work", writable=True)
    assert grantable_folder(tmp_path / "work" / "out", writable=True)


def test_plugins_are_not_to_be_written(tmp_path: Path) -> None:
    """A plugin's folder, its own included, is code: so is all above and all in it."""
    plugin = tmp_path / "plugins" / "a"
    (plugin / "assets").mkdir(parents=True)
    for folder in (plugin, plugin.parent, plugin / "assets"):
        with pytest.raises(InputError, match="plugin"):
            grantable_folder(folder, writable=True, code=[plugin])
    (plugin / "plugin.json").write_text("{}")
    for folder in (plugin, plugin / "assets"):
        with pytest.raises(InputError, match="belongs to the plugin"):
            grantable_folder(folder, writable=True)
        assert grantable_folder(folder, writable=False)


def test_the_sandbox_s_own_folders_are_not_granted() -> None:
    """The copies of plugins and their scratch folders lie among temporary files: not to be read by another plugin."""
    with tempfile.TemporaryDirectory(prefix="schillinger-") as folder:
        (Path(folder) / "code-1").mkdir()
        for inner in (folder, f"{folder}/code-1"):
            with pytest.raises(InputError, match="private folders of other plugins"):
                grantable_folder(inner, writable=False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no path"),
        ("  ", "is no path"),
        ("a\0b", "is no path"),
        ("/" + "a" * 5000, "is no path"),
        ("music", "is no whole path"),
        ("../x", "is no whole path"),
        ("~nobody_of_that_name/x", "is no path"),
        ("/nonexistent/folder", "there is no folder"),
        ("/\ud800", "no character"),
        (__file__, "is no folder"),
        (f"{__file__}/x", "there is no folder"),
    ],
)
def test_what_is_no_folder_is_told(text: str, says: str) -> None:
    """With the value and what to write instead."""
    with pytest.raises(InputError, match=says) as caught:
        grantable_folder(text, writable=False)
    assert caught.value.remedy


def test_a_circle_of_links_is_told(tmp_path: Path) -> None:
    """It neither hangs nor escapes as another error."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(InputError, match="there is no folder"):
        grantable_folder(tmp_path / "a", writable=False)


def test_invisible_characters_are_shown(tmp_path: Path) -> None:
    """A name that would drive a terminal or read from right to left is escaped, and is still the same folder."""
    folder = tmp_path / "a\x1b[2Jb\u202egnp\n"
    folder.mkdir()
    assert grantable_folder(folder, writable=False) == folder
    assert shown(folder).endswith(r"a\x1b[2Jb\u202egnp\n")
    with pytest.raises(InputError) as caught:
        grantable_folder(folder / "x", writable=False)
    assert str(caught.value).isprintable()
