"""How the parameters of one version differ from those of the next.

Owns the comparison: by name, and by the former names that the new definition tells. Called by ``reloading``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ..definition import NodeDefinition, Parameter


@dataclass(frozen=True, kw_only=True)
class ParameterChanges:
    """What has become of the parameters.

    Attributes
    ----------
    added, removed : tuple of str
    renamed : Mapping
        The present name of each former one.
    changed : Mapping
        By present name, what it was and is: type and range in words, as ``number 0…40 dB``.
    defaults : Mapping
        By present name, the default before and after.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed or self.defaults)

    @classmethod
    def between(cls, before: NodeDefinition, after: NodeDefinition) -> Self:
        """Compare two definitions."""
        former = {parameter.name: parameter for parameter in before.parameters}
        pairs: list[tuple[Parameter, Parameter]] = []
        renamed: dict[str, str] = {}
        added: list[str] = []
        for parameter in after.parameters:
            name = next((name for name in (parameter.name, *parameter.aliases) if name in former), None)
            if name is None:
                added.append(parameter.name)
                continue
            pairs.append((former.pop(name), parameter))
            if name != parameter.name:
                renamed[name] = parameter.name
        return cls(
            added=tuple(added),
            removed=tuple(former),
            renamed=renamed,
            changed={
                new.name: (old.describe(), new.describe()) for old, new in pairs if old.describe() != new.describe()
            },
            defaults={new.name: (old.default, new.default) for old, new in pairs if not _same(old, new)},
        )


def _same(old: Parameter, new: Parameter) -> bool:
    # 0 and 0.0 are one default, 0 and False are two.
    return bool(old.default == new.default) and isinstance(old.default, bool) == isinstance(new.default, bool)
