"""Exercise 5, after permissions: a plugin that does with what it has."""

from __future__ import annotations

from ..manager import Instance, PluginManager
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_5",
    title="Notes that nobody else reads",
    task=(
        "Write a NODE with the id `notebook_page`: input `text` (a string), output `words` (an integer) and `path` (a "
        "string). It writes the text into a file in its scratch folder, reads it again from there, counts the words, "
        "and asks for no permission."
    ),
    plugin_id="notebook_page",
)


@EXERCISE.question("it counts the words")
def _counts(_: PluginManager, instance: Instance) -> None:
    words = instance.execute({"text": "a theory of\nrhythm"})["words"]
    if words != 4:
        raise Wrong(f"'a theory of\\nrhythm' has 4 words, it counted {words}: text.split() parts at any white space")


@EXERCISE.question("the file lies in its scratch folder")
def _scratch(manager: PluginManager, instance: Instance) -> None:
    path = str(instance.execute({"text": "x"})["path"])
    events = [event for event in manager.trace(instance.plugin_id) if event.instance_id == instance.id]
    opened = [event.what for event in events if event.kind == "open" and event.what.endswith(" to write")]
    if not path.startswith("/"):
        raise Wrong(f"path is {path!r}: return str(self.context.scratch / 'page.txt')")
    if not any(path in what for what in opened):
        raise Wrong(f"%plugin trace shows that it wrote {opened or 'no file'}, and not {path!r}")


@EXERCISE.question("it asks for nothing")
def _asks(manager: PluginManager, instance: Instance) -> None:
    manifest = manager.plugins[instance.plugin_id].manifest
    asked = [name for name in manifest.metadata.requires_permissions if name != "execute"] if manifest else []
    if asked:
        raise Wrong(f"its manifest asks for {', '.join(asked)}: the scratch folder is its own, no permission is needed")
