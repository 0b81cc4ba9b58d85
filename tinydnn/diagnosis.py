"""Is mine right? `check` tells whether somebody's training steps are Keras', and which mistake explains them if not.

tinydnn.diagnosis.check(step)
"""

from tinydnn.inspect.diagnosis import (
    Diagnosis,
    Gap,
    Step,
    check,
    diagnose,
    diagnose_gradients,
    diagnose_outputs,
    read,
    record,
    write,
)

__all__ = [
    "Diagnosis", "Gap", "Step", "check", "diagnose", "diagnose_gradients", "diagnose_outputs", "read", "record",
    "write",
]  # fmt: skip
