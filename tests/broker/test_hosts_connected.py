"""For any text as a URL: it is refused, or the host that is connected to is one that was granted."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpcore
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schillinger_plugins.broker import Broker, FetchRecord, FetchRequest
from schillinger_plugins.broker.allowance import Allowance
from schillinger_plugins.broker.place import Place
from schillinger_plugins.errors import InputError, PermissionDenied, PluginError

# What parsers of URLs have been set against each other with, put together at random.
PIECES = st.sampled_from(
    [
        *"https http HTTPS file : / // /// \\ @ # ? % . .. [ ] :: ::1 [::1] 443 80 :443 :80 :0 ; , 。 ｅ ﹫ ％".split(),
        *"good.test GOOD.test good.test. .good.test evil.test good.test.evil.test xn--good-test user pass".split(),
        *"%2e %40 %2f %00 %0d%0a 127.0.0.1 0177.0.0.1 2130706433 0x7f.1 localhost 169.254.169.254 &#64;".split(),
        *("", " ", "\t", "\n", "\r\n", "\x00", "\x7f", "\u202e", "\u200b"),
    ]
)
URLS = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=12).map("".join),
    st.builds("{}://{}".format, st.sampled_from(["https", "http"]), st.lists(PIECES, max_size=8).map("".join)),
    st.builds("https://good.test{}".format, st.lists(PIECES, max_size=6).map("".join)),
)


@given(URLS)
@example("https://good.test/")
@example("https://good.test:443/?x=@evil.test")
@example("https://evil.test\\@good.test/")
@settings(max_examples=400, deadline=None)
def test_only_granted_hosts_are_connected_to(url: str) -> None:
    """Whatever the text: the only name that is looked up is the granted one, on its port, and all is on record."""
    looked_up: list[tuple[str, int]] = []
    records: list[FetchRecord] = []

    def resolver(host: str, port: int) -> list[str]:
        looked_up.append((host, port))
        return []

    one = Broker(
        plugin_id="probe", hosts=["good.test"], record=records.append, resolver=resolver, allowance=Allowance()
    )
    with pytest.raises(PluginError) as caught:
        one.fetch(FetchRequest(method="GET", url=url))
    assert set(looked_up) <= {("good.test", 443)}
    assert isinstance(caught.value, (InputError, PermissionDenied)) is not bool(looked_up)
    assert records[0].outcome.startswith("failed" if looked_up else "refused")


@given(URLS)
@example("https://good.test/a/../b?c=d@e:f")
@settings(max_examples=400, deadline=None)
def test_other_parsers_read_the_same_host(url: str) -> None:
    """What is accepted is so plain that the standard library and httpcore find the same host and port in it."""
    try:
        place = Place.parse(url)
    except InputError:
        return
    standard, core = urlsplit(url), httpcore.URL(url)
    assert standard.hostname is not None
    assert standard.hostname.lower().strip("[]") == place.host or ":" in place.host
    assert (standard.port or {"http": 80, "https": 443}[standard.scheme]) == place.port
    assert core.origin.port == place.port
    assert core.host.decode().lower().strip("[]") == place.host or ":" in place.host
