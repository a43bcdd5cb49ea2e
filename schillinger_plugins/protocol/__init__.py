"""What host and worker say to each other: the frames, the values that cross, and how long to look for an answer. No I/O."""
