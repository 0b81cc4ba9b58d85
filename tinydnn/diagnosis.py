"""Is mine right? `check` tells whether somebody's training steps are Keras', and which mistake explains them if not.

tinydnn.diagnosis.check(step)

`Recorder` writes steps of a Keras training, and `compare` looks at somebody's own tensors of a step, one by one.
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
from tinydnn.inspect.own_tensors import compare
from tinydnn.inspect.recorder import Recorder

__all__ = [
    "Diagnosis", "Gap", "Recorder", "Step", "check", "compare", "diagnose", "diagnose_gradients", "diagnose_outputs",
    "read", "record", "write",
]  # fmt: skip
