"""Whatever ends, and whenever: calls end in time, nothing is left over, and the next call works."""
