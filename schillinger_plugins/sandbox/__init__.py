"""The host's side of the sandbox: the zygotes, the workers, what is said to them, and the watchdog over them.

`Sandbox` is the door; the rest of the house sees `Sandbox`, `Worker`, `Limits`, `Report` and the two drivers only.
"""
