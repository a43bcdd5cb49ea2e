"""Every attack of `attacks/`, confined: as root and as an ordinary user, judged from outside. And unconfined, to see that
it works."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable

import pytest

from harness import Battlefield, Died, Host, alone, judge
from outside import USERS, Attack, Outside, attacks

ALL = attacks()
CONTROLLED = [attack for attack in ALL if attack.CONTROL is True or attack.CONTROL == "root"]


def _skip_elsewhere(attack: Attack) -> None:
    if attack.NEEDS is not None and platform.machine() != attack.NEEDS:
        pytest.skip(f"written for {attack.NEEDS}")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_the_sandbox_holds(fields: Callable[[str], Battlefield], attack: Attack, user: str) -> None:
    """Nothing outside is read, changed, called or stopped, and the attacker's instance can be used again."""
    _skip_elsewhere(attack)
    field = fields(user)
    try:
        answer = field.attack(attack)
    except Died as death:
        pytest.fail(f"the host came to harm: {death}")
    assert judge(attack, field, answer) == []


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("attack", CONTROLLED, ids=lambda attack: attack.name)
def test_the_attack_is_real(victims: Callable[[str], tuple[Outside, Host]], attack: Attack, user: str) -> None:
    """The same code, unconfined, does breach: so it isn't for another reason that it fails when confined."""
    _skip_elsewhere(attack)
    if attack.CONTROL == "root" and user != "root":
        pytest.skip("it needs privileges that an ordinary user lacks anyway")
    outside, victim = victims(user)
    effects, said = alone(attack, outside, victim)
    if not effects and attack.CONTROL == "root":
        pytest.skip(f"this machine's root can't do it either: {said.strip()[-300:]}")
    assert effects, said


def test_there_are_at_least_eighty_attacks_and_each_says_what_it_is() -> None:
    """Each file says in its docstring what is attacked, how, from which public source, and what a breach is."""
    assert len(ALL) >= 80
    for attack in ALL:
        text = attack.module.__doc__ or ""
        for word in ("Attacks:", "How:", "Source:", "Breach:"):
            assert word in text, f"{attack.name} lacks {word}"
        assert attack.GROUP, attack.name
        if attack.GROUP in ("files", "network", "signals") and attack.CONTROL not in (True, "root"):
            assert isinstance(attack.CONTROL, str), f"{attack.name}: no control run, and no reason why"
            assert len(attack.CONTROL) > 20


def test_root_attacks_as_root() -> None:
    """Where the tests run as root, no user is left out."""
    if os.getuid() != 0:
        pytest.skip("run by an ordinary user: attacked as that user only")
    assert USERS == ["root", "ordinary"]
