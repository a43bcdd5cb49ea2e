"""Texts of strangers: which are taken is told here in other words than in the patterns that take them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schillinger_plugins.schema.strict import ID_PATTERN, NAME_PATTERN, Id, Line, Name, StrictModel, Text, flaws_of

BIDIRECTIONAL = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TEXTS = (
    st.text(max_size=20)
    | st.text("ab \n\t\r\x00\x1b\x7f\x85\x9f\xa0\u2028\u3000\u200b\ufeff" + BIDIRECTIONAL, max_size=6)
    | st.text("aZ_09.-é²\n", max_size=6)
)


class Texts(StrictModel):
    """One of each."""

    text: Text = ""
    line: Line = "a"
    name: Name = "a"
    id: Id = "a"


def is_text(text: str) -> bool:
    return not any((unicodedata.category(c) == "Cc" and c not in "\n\t") or c in BIDIRECTIONAL for c in text)


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_the_patterns_mean_what_the_rules_say(text: str) -> None:
    """Texts have no control characters; lines have neither breaks nor nothing but blanks; names and ids are words."""
    expected = {
        Text: is_text(text),
        Line: is_text(text) and bool(text.strip()) and "\n" not in text and "\t" not in text,
        Name: text.isascii() and text.isidentifier(),
        Id: re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", text) is not None,
    }
    for kind, is_good in expected.items():
        adapter = TypeAdapter(kind)
        if is_good:
            assert adapter.validate_python(text) == text
        else:
            with pytest.raises(ValidationError):
                adapter.validate_python(text)


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from(["text", "line", "name", "id"]))
def test_whatever_is_refused_is_put_into_words(text: str, field: str) -> None:
    """No refusal shows a pattern: each says what is wrong, and what to do."""
    try:
        Texts.model_validate({field: text})
    except ValidationError as error:
        (flaw,) = flaws_of(error, Texts)
        assert flaw.path == f"$.{field}"
        assert flaw.remedy
        assert "pattern" not in flaw.message


@pytest.mark.parametrize("pattern", [NAME_PATTERN, ID_PATTERN])
def test_a_word_is_at_most_64_long(pattern: str) -> None:
    """Both bounds of the length agree."""
    assert re.fullmatch(pattern, "a" * 64)
    assert not re.fullmatch(pattern, "a" * 65)
