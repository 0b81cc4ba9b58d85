"""The diagnosis: did somebody's implementation take Keras' step, and if not, which mistake explains its step?

A step is the weights before and after it, and its batch. tinydnn takes the steps again, from the same weights on the
same batches: first as Keras does, then with each mistake of the gallery planted, then with each pair of mistakes. A
mistake whose steps end at the same weights, but for roundings, explains them. Where none does, factors tell: by which k
each change differs from Keras', and where on the way backward the first does.
"""

from tinydnn.inspect.diagnosis.check import check, compared
from tinydnn.inspect.diagnosis.explain import diagnose, diagnose_gradients, diagnose_outputs
from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap
from tinydnn.inspect.diagnosis.learner import Learner, of_file, of_function
from tinydnn.inspect.diagnosis.step import Step, record
from tinydnn.inspect.diagnosis.step_file import read, write

__all__ = [
    "Diagnosis", "Gap", "Learner", "Step", "check", "compared", "diagnose", "diagnose_gradients", "diagnose_outputs",
    "of_file", "of_function", "read", "record", "write",
]  # fmt: skip
