"""The grammar of ``%plugin run``: where an expression ends, and what a slip is told."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import InputError
from schillinger_plugins.magics.arguments import cursor, parse
from schillinger_plugins.magics.subcommands import RUN_OPTIONS


def values(line: str) -> dict[str, str]:
    return {value.name: value.expression for value in parse(line, RUN_OPTIONS).values}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("p", {}),
        ("p audio=y", {"audio": "y"}),
        ("p audio=librosa.tone(440, sr=22050, duration=1)", {"audio": "librosa.tone(440, sr=22050, duration=1)"}),
        ("p automation=[(0, -6), (2, 0)] mute=[0]", {"automation": "[(0, -6), (2, 0)]", "mute": "[0]"}),
        ("p audio=(y, sr) gain_db=-6", {"audio": "(y, sr)", "gain_db": "-6"}),
        ("p gain_db = -6 - 1   invert = True", {"gain_db": "-6 - 1", "invert": "True"}),
        ("p x='a b=c' y=\"d e=f\"", {"x": "'a b=c'", "y": '"d e=f"'}),
        ("p x={'a': 1, 'b': {2}} y=a if b else c", {"x": "{'a': 1, 'b': {2}}", "y": "a if b else c"}),
        ("p x=lambda t=3: t y=1", {"x": "lambda t=3: t", "y": "1"}),
        ("p x=a == b y=c", {"x": "a == b", "y": "c"}),
        ("p x=f'{a} b={c}' y=1", {"x": "f'{a} b={c}'", "y": "1"}),
        ("p x=a, b y=1", {"x": "a, b", "y": "1"}),
        ("p x=y # a comment with z=1", {"x": "y"}),
        ("p x='#' y=1", {"x": "'#'", "y": "1"}),
        ("p x=$y", None),
    ],
)
def test_expressions_are_any_python(line: str, expected: dict[str, str] | None) -> None:
    """Spaces, commas, brackets, quotes and keywords within an expression don't end it; the next name= does."""
    if expected is None:
        with pytest.raises(InputError):
            parse(line)
    else:
        assert values(line) == expected
        assert parse(line).plugin_id == "p"


def test_options_stand_anywhere_outside_expressions() -> None:
    """Options may come before the id, before the names, between and after them."""
    for line in (
        "--seed 3 --quiet p x=1 - 2 --limit wall_s=30 --config a=[1, 2] y=2",
        "p --quiet x=1 - 2 --seed 3 y=2 --limit wall_s=30 --config a=[1, 2]",
    ):
        arguments = parse(line, RUN_OPTIONS)
        assert {value.name: value.expression for value in arguments.values} == {"x": "1 - 2", "y": "2"}
        assert arguments.options["--quiet"] == []
        assert [value.expression for value in arguments.options["--seed"]] == ["3"]
        assert [(value.name, value.expression) for value in arguments.options["--limit"]] == [("wall_s", "30")]
        assert [(value.name, value.expression) for value in arguments.options["--config"]] == [("a", "[1, 2]")]


def test_two_minus_signs_are_python_unless_they_are_an_option() -> None:
    """``a --b`` is a subtraction of a negative."""
    assert values("p x=a --b") == {"x": "a --b"}


@pytest.mark.parametrize(
    ("line", "words", "under"),
    [
        ("p gain_db=", "`gain_db=` has no value", ""),
        ("p gain_db= mode=1", "`gain_db=` has no value", "mode=1"),
        ("p x=1 x=2", "`x` is given twice", "=2"),
        ("p 3", "'3' belongs to no name", "3"),
        ("p x=(1, 2", "no Python expression", "(1, 2"),
        ("p x=1 +", "no Python expression", None),
        ("p x='open", "no Python expression", "'open"),
        ("p x=1)", "no Python expression", ")"),
        ("p x=import os", "no Python expression", "import os"),
        ("p --sed 3", "there is no option --sed", "--sed 3"),
        ("p --seed", "--seed needs N", ""),
        ("p --limit 3", "--limit needs NAME=N", "3"),
    ],
)
def test_a_slip_is_marked_in_its_column(line: str, words: str, under: str | None) -> None:
    """The error shows the line, with a mark under the place."""
    with pytest.raises(InputError) as caught:
        parse(line, RUN_OPTIONS)
    message, shown, mark = str(caught.value.message).rstrip("\n").split("\n")
    assert words in message
    column = mark.index("^")
    # Where an expression ends too early, versions of Python mark different places.
    assert shown[column:] == (shown[column:] if under is None else under)
    assert caught.value.remedy


def test_a_path_without_quotes_is_told_so() -> None:
    """A bare path is the likeliest slip."""
    with pytest.raises(InputError, match=r'a path needs quotes: audio="/home/me/song\.wav"'):
        parse("p audio=/home/me/song.wav")


@pytest.mark.parametrize(
    ("text", "expects", "fragment"),
    [
        ("", "plugin", ""),
        ("ga", "plugin", "ga"),
        ("p ", "name", ""),
        ("p ga", "name", "ga"),
        ("p x=1 ga", "name", "ga"),
        ("p x=1 ", "name", ""),
        ("p x=[1, 2] --", "option", "--"),
        ("p --qu", "option", "--qu"),
        ("p x=", "value", ""),
        ("p x=1", "value", "1"),
        ("p x=(a, b", "value", "(a, b"),
        ("p x=(a, ", "value", "(a, "),
        ("p x=1 + ", "value", "1 + "),
        ("p x='a ", "value", "'a "),
        ("p --seed ", "other", ""),
        ("p --quiet ga", "name", "ga"),
    ],
)
def test_the_cursor_knows_what_it_waits_for(text: str, expects: str, fragment: str) -> None:
    """Tab completes ids, names and options where these can stand, and leaves expressions alone."""
    place = cursor(text, RUN_OPTIONS)
    assert (place.expects, place.fragment) == (expects, fragment)


@settings(deadline=None, max_examples=300)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["p", "x=", "y=1", "(", ")", "'", "--seed", " ", "#", "lambda", "\n"])).map("".join)
)
def test_any_line_is_parsed_or_refused(line: str) -> None:
    """No line raises anything but an InputError, and completion never raises."""
    cursor(line, RUN_OPTIONS)
    try:
        arguments = parse(line, RUN_OPTIONS)
    except InputError:
        return
    for value in arguments.values:
        ast.parse(value.expression, mode="eval")


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name.isidentifier()),
        st.recursive(
            st.integers() | st.text(max_size=8) | st.booleans(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_what_python_writes_is_read_back(given_values: dict[str, object]) -> None:
    """The repr of any plain values, written as name=value, is taken apart into the same values."""
    import keyword

    written = {name: value for name, value in given_values.items() if not keyword.iskeyword(name)}
    line = "p " + " ".join(f"{name}={value!r}" for name, value in written.items())
    assert {name: ast.literal_eval(text) for name, text in values(line).items()} == written
