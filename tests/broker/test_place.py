"""URLs: read once, and refused where they are odd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.broker import Broker
from schillinger_plugins.broker.place import Place, split
from schillinger_plugins.errors import InputError


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://example.org", "example.org", 443, "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://EXAMPLE.org/a?b=c", "example.org", 443, "/a?b=c"),
        ("http://example.org:8080/", "example.org", 8080, "/"),
        ("https://example.org?x", "example.org", 443, "/?x"),
        ("http://192.0.2.1/", "192.0.2.1", 80, "/"),
        ("http://[2001:DB8::1]:81/", "2001:db8::1", 81, "/"),
    ],
)
def test_a_plain_url_is_read(url: str, host: str, port: int, target: str) -> None:
    """Host, port and target are what stands there."""
    place = Place.parse(url)
    assert (place.host, place.port, place.target) == (host, port, target)


@pytest.mark.parametrize(
    "url",
    [
        "https://good.org@evil.org/",
        "https://good.org:x@evil.org/",
        "https://good.org\\@evil.org/",
        "https://good.org#@evil.org/",
        "https://good.org/#fragment",
        "https://good.org /",
        "https://good.org\t/",
        "https://good.org/\r\nHost: evil.org",
        "https://good.org./",
        "https://good..org/",
        "https://-good.org/",
        "https://go%6fd.org/",
        "https://gооd.org/",  # with Cyrillic letters
        "https://good.org。evil.org/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://[good.org]/",
        "https://::1/",
        "https://user@good.org/",
        "https://user:pass@good.org/",
        "https://good.org:443@evil.org/",
        "https://good.org:٤٤٣/",
        "https://good.org:-1/",
        "https://good.org:+443/",
        "https://127.0.0.01/",
        "https://0x7f000001/",
        "https://evil.0x7f/",
        "https://1.2.3.4.5/",
        "https://good.org\x00.evil.org/",
        "https://good.org\n",
        " https://good.org/",
        "HTTPS://good.org/",
        "http://good.org:443/",
        "https://good_.org/",
        f"https://{'a' * 64}.org/",
        f"https://{'a.' * 130}org/",
        "https://good.org:0/",
        "https://good.org:65536/",
        "https://good.org:/",
        "https:///path",
        "https:/good.org",
        "//good.org/",
        "file:///etc/passwd",
        "gopher://good.org/",
        "ftp://good.org/",
        "javascript:alert(1)",
        "https://good.org/" + "a" * 9000,
        "",
    ],
)
def test_an_odd_url_is_refused(url: str) -> None:
    """What two parsers could read in two ways is read in none, and the error says how to write it."""
    with pytest.raises(InputError, match="no URL that can be fetched"):
        Place.parse(url)


@given(st.one_of(st.text(max_size=80), st.from_regex(r"https?://[!-~]{1,40}", fullmatch=True)))
def test_any_text_is_refused_or_read_the_same_again(text: str) -> None:
    """What is accepted, written out and read again is the same place: nothing was guessed."""
    try:
        place = Place.parse(text)
    except InputError:
        return
    assert Place.parse(place.url) == place


@pytest.mark.parametrize(
    ("granted", "url", "covered"),
    [
        ("example.org", "https://example.org/", True),
        ("Example.ORG", "https://example.org/", True),
        ("example.org", "http://example.org/", False),
        ("example.org", "https://example.org:8443/", False),
        ("example.org", "https://a.example.org/", False),
        ("example.org", "https://example.org.evil.org/", False),
        ("example.org:80", "http://example.org/", True),
        ("example.org:80", "https://example.org/", False),
        ("localhost:8080", "http://localhost:8080/", True),
        ("127.0.0.1:8080", "http://localhost:8080/", False),
        ("[::1]:8080", "http://[::1]:8080/", True),
        ("[0:0:0::1]:8080", "http://[::1]:8080/", True),
        ("[::1]", "https://[::1]/", True),
        ("[::ffff:127.0.0.1]:80", "http://127.0.0.1/", False),
    ],
)
def test_a_grant_covers_one_host_and_port(granted: str, url: str, covered: bool) -> None:
    """A name stands for https on 443; a port must be named, and subdomains are other hosts."""
    assert Place.parse(url).is_within(granted) is covered


def test_an_entry_is_split_at_its_port() -> None:
    """Host and port of the allow-list are read by the same rules."""
    assert split("example.org:8443") == ("example.org", 8443)
    assert split("example.org") == ("example.org", None)


@pytest.mark.parametrize(
    "granted",
    ["", "*", "*.example.org", "example.org:0", "example.org:65536", "example.org:８０", "::1", "127.1", "a:b:1"],
)
def test_an_odd_entry_is_refused(granted: str) -> None:
    """An allow-list with an entry that can't be read opens nothing: there is no broker for it."""
    with pytest.raises(InputError, match="write the host as"):
        Broker(plugin_id="probe", hosts=["example.org", granted], record=print)


@pytest.mark.parametrize(
    "url", ["https://user:s3cret@h/", "//user:s3cret@h", "https://u:a?b#s3cret@h/", "http://h/ ?key=s3cret", "s3cret@"]
)
def test_what_is_shown_of_an_odd_url_holds_no_secret(url: str) -> None:
    """Passwords and queries don't get into messages."""
    with pytest.raises(InputError) as caught:
        Place.parse(url)
    assert "s3cret" not in str(caught.value)
