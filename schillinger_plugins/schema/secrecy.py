"""Secrecy: which values of a configuration its schema calls secret.

Owns the two words of JSON Schema for that, ``"format": "password"`` and ``"writeOnly": true``, at any depth. Called by
whoever writes down a configuration, or what a plugin that has it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SECRET = "(secret)"  # noqa: S105 - the word that stands for one

SHORTEST = 4
"""A shorter secret is also a part of words that are none."""

_MAX_DEPTH = 32


def without_secrets(value: Any, schema: Any, _depth: int = 0) -> Any:
    """A configuration, with `SECRET` in the place of what is secret.

    >>> without_secrets({"host": "a.org", "token": "x"}, {"properties": {"token": {"writeOnly": True}}})
    {'host': 'a.org', 'token': '(secret)'}
    """
    if _is_secret(schema) or _depth > _MAX_DEPTH:
        return SECRET
    if isinstance(value, Mapping):
        return {name: without_secrets(inner, _of(schema, name), _depth + 1) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(inner, _items(schema), _depth + 1) for inner in value]
    return value


def told_secrets(value: Any, schema: Any) -> tuple[str, ...]:
    """The secret texts of a configuration that are long enough to be known by, the longest first: see `hidden`."""
    texts = {text for text in secret_texts(value, schema) if len(text) >= SHORTEST}
    return tuple(sorted(texts, key=len, reverse=True))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """What a plugin said, without what it was told in confidence. One who wants to tell it writes it another way.

    >>> hidden("no access with hunter2", ("hunter2",))
    'no access with (secret)'
    """
    for secret in secrets:
        text = text.replace(secret, SECRET)
    return text


def hidden_within(value: Any, secrets: Iterable[str]) -> Any:
    """`hidden`, for every text in data.

    >>> hidden_within({"url": "https://ann:hunter2@a.org", "n": 3}, ("hunter2",))
    {'url': 'https://ann:(secret)@a.org', 'n': 3}
    """
    if isinstance(value, str):
        return hidden(value, secrets)
    if isinstance(value, Mapping):
        return {hidden_within(name, secrets): hidden_within(inner, secrets) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden_within(inner, secrets) for inner in value]
    return value


def secret_texts(value: Any, schema: Any, _depth: int = 0) -> Iterator[str]:
    """Every text in it that is secret."""
    if _depth > _MAX_DEPTH:
        return
    schema = {"writeOnly": True} if _is_secret(schema) else schema
    if isinstance(value, str):
        yield from [value] if _is_secret(schema) else []
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from secret_texts(inner, schema if _is_secret(schema) else _of(schema, name), _depth + 1)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secret_texts(inner, schema if _is_secret(schema) else _items(schema), _depth + 1)


def _is_secret(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (schema.get("writeOnly") is True or schema.get("format") == "password")


def _of(schema: Any, name: str) -> Any:
    known = schema.get("properties") if isinstance(schema, Mapping) else None
    if isinstance(known, Mapping) and name in known:
        return known[name]
    return schema.get("additionalProperties") if isinstance(schema, Mapping) else None


def _items(schema: Any) -> Any:
    return schema.get("items") if isinstance(schema, Mapping) else None
