"""An exercise: what a learner is asked to write, and the questions by which their plugin is looked at.

Owns the order of the questions, and that each failed one says what was asked, what came back, and what to try. The
learner's plugin runs as any other: confined, through the manager. Made by the modules beside this one, one for each
exercise; called by ``%plugin check``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import PluginError

if TYPE_CHECKING:
    from ..manager import Instance, PluginManager


class Wrong(Exception):
    """The plugin's answer is not what was asked for. Its message says what came, and what to try."""


@dataclass(frozen=True)
class Question:
    """One thing that the plugin has to do.

    Attributes
    ----------
    title : str
        What it is about, as a statement that should be true.
    ask : callable
        Asks the plugin; raises `Wrong` with what to try.
    """

    title: str
    ask: Callable[[PluginManager, Instance], None]


@dataclass(frozen=True)
class Answer:
    """What became of a question: right, or why not."""

    title: str
    wrong: str = ""

    @property
    def right(self) -> bool:
        """Whether the plugin does it."""
        return not self.wrong


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A task for a learner.

    Attributes
    ----------
    name : str
        What ``%plugin check`` calls it.
    task : str
        What to write.
    plugin_id : str
        What the learner's plugin has to be called.
    """

    name: str
    title: str
    task: str
    plugin_id: str
    questions: list[Question] = field(default_factory=list)

    def question(self, title: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Add a question: a function of the manager and an instance of the learner's plugin."""

        def add(ask: Callable[[PluginManager, Instance], None]) -> Callable[[PluginManager, Instance], None]:
            self.questions.append(Question(title, ask))
            return ask

        return add

    def check(self, manager: PluginManager) -> list[Answer]:
        """Ask everything, each of a fresh instance. After one that goes wrong the others are asked, too.

        Raises
        ------
        UnknownPlugin
            If there is no plugin of that id yet.
        PluginError
            If it doesn't load.
        """
        manager.load(self.plugin_id)
        answers = []
        for question in self.questions:
            instance = manager.create_instance(self.plugin_id)
            try:
                question.ask(manager, instance)
            except Wrong as wrong:
                answers.append(Answer(question.title, str(wrong)))
            except PluginError as error:
                answers.append(Answer(question.title, f"it failed: {error}"))
            else:
                answers.append(Answer(question.title))
            finally:
                if instance.state != "destroyed":
                    manager.destroy_instance(instance.id)
        return answers
