"""The journal: what is written comes back, whatever it is and whatever happens to the process."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import fields, replace
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError, PluginError
from schillinger_plugins.journal import Denial, Grant, Journal, journal_place
from schillinger_plugins.journal.grants import MAX_DENIALS

GRANT = Grant(
    plugin_id="probe",
    version="1.0.0",
    content_hash="0" * 64,
    user="ann",
    permission="file_access",
    read=("/music",),
    write=("/renders", "/out"),
    hosts=("example.org:443",),
    reason="to read your samples",
)
DENIAL = Denial(
    plugin_id="probe", version="1.0.0", content_hash="0" * 64, user="ann", permission="network", target="example.org"
)
HOSTILE = {
    "quote": "a'b\"c`d",
    "drop": "'; DROP TABLE grants; --",
    "union": "' UNION SELECT name FROM sqlite_master --",
    "parameter": ":user ? ?1 @x $y %s {0}",
    "like": "%_\\%",
    "nul": "a\0b",
    "control": "\x1b[2J\r\n\t\x7f",
    "long": "x" * 10_000,
    "right to left": "\u202egnp.exe\u2066\u200f",
    "wide": "日本語 🎵 é e\u0301",
    "json": '["a", {"b": null}]',
    "not a character": "\uffff",
    "empty": "",
    "spaces": "  ",
}
DEADLINE_S = 60

WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from schillinger_plugins.journal import Grant, Journal
journal = Journal(Path(sys.argv[1]))
for number in itertools.count():
    name = f"{sys.argv[2]}-{number}"
    journal.add_grant(Grant(plugin_id=name, version="1", content_hash="x", user="u", permission="network"))
    print(number, flush=True)
    if number + 1 == int(sys.argv[3]):
        break
"""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal" / "journal.db")


def writer(journal: Journal, name: str, count: int = 0) -> subprocess.Popen[str]:
    """A process that writes grants one after the other and tells each on its stdout; for ever, or `count` of them."""
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(journal.file), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", [field.name for field in fields(Grant)])
def test_every_field_of_a_grant_is_kept_literally(journal: Journal, field: str, text: str) -> None:
    """No text is taken for SQL, cut or changed; what was there before is still there."""
    if field in ("granted_at", "ended_at") and not text:
        pytest.skip("an empty time is the journal's to fill in")
    journal.add_grant(GRANT)
    written = replace(GRANT, **{field: (text, "b") if field in ("read", "write", "hosts") else text})
    if field not in ("plugin_id", "version", "content_hash", "user", "permission"):
        written = replace(written, plugin_id="other")
    journal.add_grant(written)
    found = journal.grants(with_ended=True)
    assert len(found) == 2
    assert getattr(found[1], field) == getattr(written, field)
    assert replace(found[0], granted_at="") == GRANT
    assert found[1] in journal.grants(plugin_id=written.plugin_id, user=written.user, with_ended=True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", [field.name for field in fields(Denial)])
def test_every_field_of_a_denial_is_kept_literally(journal: Journal, field: str, text: str) -> None:
    """The same for what was denied."""
    if field == "denied_at" and not text:
        pytest.skip("an empty time is the journal's to fill in")
    written = replace(DENIAL, **{field: text})
    journal.add_denial(written)
    (found,) = journal.denials(plugin_id=written.plugin_id, user=written.user)
    assert getattr(found, field) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_but_the_very_plugin_is_revoked(journal: Journal, text: str) -> None:
    """Hostile ids, users and permissions end their own grants alone."""
    journal.add_grant(GRANT)
    hostile = replace(GRANT, plugin_id=text, user=text, permission=text)
    journal.add_grant(hostile)
    assert journal.end_grants(text, user="ann") == []
    assert len(journal.end_grants(text, user=text, permission=text)) == 1
    assert [grant.plugin_id for grant in journal.grants()] == ["probe"]


@pytest.mark.parametrize("field", [field.name for field in fields(Grant)])
def test_halves_of_characters_are_refused(journal: Journal, field: str) -> None:
    """What is no text can't be kept literally, so it isn't kept at all, and the error names the field."""
    value = ("\ud800",) if field in ("read", "write", "hosts") else "a\udcffb"
    with pytest.raises(InputError, match=f"`{field}`.*no character"):
        journal.add_grant(replace(GRANT, **{field: value}))
    with pytest.raises(InputError, match="no character"):
        journal.grants(plugin_id="\ud800")
    assert journal.grants() == []


def test_a_grant_takes_the_place_of_the_last(journal: Journal) -> None:
    """One counts for each permission of each code; the others are history."""
    first = journal.add_grant(GRANT)
    second = journal.add_grant(replace(GRANT, read=("/other",)))
    others = [
        {"version": "2"},
        {"content_hash": "other"},
        {"user": "other"},
        {"permission": "other"},
        {"plugin_id": "other"},
    ]
    for other in others:
        journal.add_grant(replace(GRANT, **other))
    assert journal.grants()[0] == second
    assert len(journal.grants()) == 1 + len(others)
    assert replace(journal.grants(with_ended=True)[0], ended_at="") == first


def test_one_permission_is_ended_the_others_are_kept(journal: Journal) -> None:
    """If one is named; else all of the plugin's."""
    journal.add_grant(replace(GRANT, permission="network"))
    journal.add_grant(replace(GRANT, permission="file_access"))
    ended = journal.end_grants(GRANT.plugin_id, user=GRANT.user, permission="network")
    assert [one.permission for one in ended] == ["network"]
    assert [one.permission for one in journal.grants()] == ["file_access"]


def test_a_grant_that_can_not_be_read_is_none(journal: Journal) -> None:
    """What somebody has written there by hand allows nothing; what to do is said."""
    journal.add_grant(GRANT)
    with journal.writing() as connection:
        connection.exec_driver_sql("UPDATE grants SET read = 'all of it'")
    with pytest.raises(InputError, match="a grant that can't be read → grant it again"):
        journal.grants()


def test_what_has_ended_keeps_its_end(journal: Journal) -> None:
    """Of each in a row the next one's beginning, whatever comes after."""
    times = [f"2026-11-0{day}T00:00:00.000+00:00" for day in (1, 2, 3)]
    for at in times:
        journal.add_grant(replace(GRANT, granted_at=at, ended_at=""))
    assert [one.ended_at for one in journal.grants(with_ended=True)] == [*times[1:], ""]


def test_it_is_private_and_where_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """In the user's data folder, or where SCHILLINGER_JOURNAL says; for nobody else to read, whatever the umask."""
    (tmp_path / "data" / "schillinger").mkdir(parents=True, mode=0o755)
    mask = os.umask(0)
    request.addfinalizer(lambda: os.umask(mask))
    Journal().add_grant(GRANT)
    file = tmp_path / "data" / "schillinger" / "journal.db"
    assert journal_place() == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    monkeypatch.setenv("SCHILLINGER_JOURNAL", str(tmp_path / "new" / "other.db"))
    assert Journal().grants() == []
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    file.chmod(0o644)
    Journal(file).grants()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("named", ["~nobody_of_that_name/journal.db", "/proc/none/journal.db", "\n", "relative.db"])
def test_a_bad_name_stops_no_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """What SCHILLINGER_JOURNAL says is looked at when something needs a grant."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHILLINGER_JOURNAL", named)
    with PluginManager() as manager:
        assert "gain_node" in manager.plugins


def test_nothing_is_opened_before_it_is_asked(tmp_path: Path) -> None:
    """Neither importing the package nor making a manager makes a file or imports SQLAlchemy."""
    code = (
        "import sys, schillinger_plugins, schillinger_plugins.magics.plugin_magic\n"
        "from schillinger_plugins import PluginManager\n"
        "with PluginManager() as manager:\n"
        "    assert 'sqlalchemy' not in sys.modules\n"
        "    assert not manager.permissions.journal.file.exists()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, timeout=DEADLINE_S)


def test_several_processes_write_at_once(journal: Journal) -> None:
    """Whoever makes the file, nothing of what any of them wrote is lost."""
    writers = [writer(journal, f"w{number}", 40) for number in range(4)]
    assert [process.wait(DEADLINE_S) for process in writers] == [0] * 4
    for process in writers:
        assert process.stdout is not None
        process.stdout.close()
    assert len(journal.grants()) == 4 * 40


def test_several_threads_write_at_once(journal: Journal) -> None:
    """The same for threads that share one journal."""
    threads = [
        threading.Thread(
            target=lambda name=name: [journal.add_grant(replace(GRANT, plugin_id=f"{name}{i}")) for i in range(20)]
        )
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert len(journal.grants()) == 4 * 20


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_a_killed_writer_leaves_it_sound(journal: Journal, after: int) -> None:
    """SIGKILL in the middle of writing: what was told as written is there, and the file opens clean."""
    with writer(journal, "killed") as process:
        assert process.stdout is not None
        for _ in range(after + 1):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = after + 1 + len(process.stdout.readlines())
        assert process.wait(DEADLINE_S) == -signal.SIGKILL
    assert told <= len(journal.grants()) <= told + 1
    journal.add_grant(GRANT)
    with sqlite3.connect(journal.file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_newer_journal_is_refused(journal: Journal) -> None:
    """It is left as it is, and the error says which version it has."""
    journal.add_grant(GRANT)
    with sqlite3.connect(journal.file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(PluginError, match=r"version 9999.*update schillinger_plugins"):
        Journal(journal.file).grants()


def test_a_journal_that_is_none_is_refused(journal: Journal) -> None:
    """Garbage, a damaged file, a pipe and a folder: an error with what to do, within its deadline."""
    journal.file.parent.mkdir()
    journal.file.write_bytes(b"this is no database" * 1000)
    with pytest.raises(PluginError, match=r"can't be used.*move .* away"):
        journal.grants()
    journal.file.unlink()
    os.mkfifo(journal.file)
    with pytest.raises(PluginError, match="no regular file"):
        journal.grants()
    journal.file.unlink()
    journal.file.mkdir()
    with pytest.raises(PluginError, match="no regular file"):
        journal.grants()


def test_a_damaged_journal_is_refused(journal: Journal) -> None:
    """Its head is right, but not what follows: nothing that it says is believed."""
    for number in range(200):
        journal.add_grant(replace(GRANT, plugin_id=f"probe{number}"))
    content = bytearray(journal.file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    journal.file.write_bytes(content)
    with pytest.raises(PluginError, match="can't be used"):
        Journal(journal.file).grants()


def test_a_journal_of_somebody_else_is_refused(journal: Journal) -> None:
    """Who can write it could grant in another's name."""
    if os.geteuid() != 0:
        pytest.skip("only root can make such a file")
    journal.add_grant(GRANT)
    os.chown(journal.file, 12345, 12345)
    with pytest.raises(PluginError, match="belongs to another user"):
        Journal(journal.file).grants()


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    """A file system that takes no files, and a file where a folder should be."""
    (tmp_path / "file").write_text("")
    for file in (Path("/proc/schillinger/journal.db"), tmp_path / "file" / "journal.db"):
        with pytest.raises(PluginError, match=r"can't be used.*SCHILLINGER_JOURNAL"):
            Journal(file).add_grant(GRANT)


def test_a_folder_without_leave_to_write_is_told(tmp_path: Path) -> None:
    """An ordinary user, whom the file system stops: neither reading nor writing goes on with half a journal."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from schillinger_plugins.errors import PluginError\n"
        "from schillinger_plugins.journal import Journal\n"
        "folder = Path(sys.argv[1]); folder.chmod(0o555)\n"
        "Journal(folder.with_name('other') / 'journal.db').grants()\n"  # all is imported: Python may be root's alone
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: Journal(folder / 'journal.db').grants()\n"
        "except PluginError as error: print(error)\n"
    )
    (tmp_path / "read only").mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)  # pytest's folders are for one user alone
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "read only")],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    assert "can't be used" in done.stdout
    assert "can be written" in done.stdout


def test_a_full_disk_is_told(journal: Journal) -> None:
    """A write that finds no room is an error, not a grant; what was there before is kept."""
    journal.add_grant(GRANT)
    size = journal.file.stat().st_size
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from schillinger_plugins.errors import PluginError\n"
        "from schillinger_plugins.journal import Grant, Journal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "try: journal.add_grant(Grant(plugin_id='x' * 100_000, version='1', content_hash='', user='u', permission='p'))\n"
        "except PluginError as error: print(error)\n"
    )
    for room in (size, 1024):
        done = subprocess.run(
            [sys.executable, "-c", code, str(journal.file), str(room)],
            capture_output=True,
            text=True,
            check=True,
            timeout=DEADLINE_S,
        )
        assert "can't be used" in done.stdout
        assert "the disk has room" in done.stdout
    assert [grant.plugin_id for grant in journal.grants()] == ["probe"]


def test_it_begins_again_when_it_was_removed(journal: Journal) -> None:
    """A journal that somebody deletes forgets; it doesn't fail, nor write into a file without a name."""
    journal.add_grant(GRANT)
    journal.file.unlink()
    assert journal.grants() == []
    journal.add_grant(GRANT)
    assert len(Journal(journal.file).grants()) == 1


def test_denials_do_not_fill_the_disk(journal: Journal) -> None:
    """The oldest go."""
    journal.add_denial(DENIAL)
    with sqlite3.connect(journal.file) as connection:
        connection.execute("UPDATE denials SET id = id - ?", (MAX_DENIALS,))
    journal.add_denial(replace(DENIAL, plugin_id="second"))
    assert len(journal.denials()) == 2
    with sqlite3.connect(journal.file) as connection:
        connection.execute("UPDATE denials SET id = ? WHERE plugin_id = 'second'", (MAX_DENIALS,))
    journal.add_denial(replace(DENIAL, plugin_id="third"))
    assert [denial.plugin_id for denial in journal.denials()] == ["second", "third"]
