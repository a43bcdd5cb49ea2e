"""The same with the newer calls, which older filters don't know.

Attacks: the confinement to folders.
How: open_tree with OPEN_TREE_CLONE, fsopen, fspick, move_mount, mount_setattr.
Source: open_tree(2), move_mount(2); Docker allowed them for years under CAP_SYS_ADMIN only.
Breach: any of the calls gives a descriptor or succeeds.
"""

from kernel import call, went_through

GROUP, CONTROL = "files", "root"


def attack(outside):
    return went_through(
        clone=lambda: call("open_tree", -100, outside.folder.encode(), 1),
        plain=lambda: call("open_tree", -100, outside.folder.encode(), 0),
        filesystem=lambda: call("fsopen", b"tmpfs", 0),
        pick=lambda: call("fspick", -100, b"/", 0),
        move=lambda: call("move_mount", -100, b".", -100, outside.folder.encode(), 0),
        attributes=lambda: call("mount_setattr", -100, b"/", 0, bytes(32), 32),
        with_attributes=lambda: call("open_tree_attr", -100, outside.folder.encode(), 1, bytes(32), 32),
    )
