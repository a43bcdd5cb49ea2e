"""What runs inside: the zygote, the confinement and the loop that serves calls.

Nobody imports this package; it is started by `sandbox.zygote` as a program. It imports the protocol, the SDK, the standard
library, NumPy and the confinement libraries only. Every line of it is attack surface: keep it small.
"""
