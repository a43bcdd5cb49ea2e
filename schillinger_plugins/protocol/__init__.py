"""What host and worker say to each other: the frames, and the values that cross. Data and its validation; no I/O."""
