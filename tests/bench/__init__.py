"""Benchmarks: what the sandbox costs, side by side with what people would otherwise use."""
