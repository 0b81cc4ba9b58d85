"""The diagnosis: did somebody's implementation take Keras' step, and if not, which mistake explains its step?

A step is the weights before and after it, and its batch. tinydnn takes the step again, from the same weights on the
same batch: first as Keras does, then with each mistake of the gallery planted, then with each pair of mistakes. A
mistake whose step ends at the same weights, but for roundings, explains the step.
"""

from tinydnn.inspect.diagnosis.explain import OF_A_STEP, diagnose
from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap
from tinydnn.inspect.diagnosis.script import of_script
from tinydnn.inspect.diagnosis.step import Step, record
from tinydnn.inspect.diagnosis.step_file import read, write

__all__ = ["OF_A_STEP", "Diagnosis", "Gap", "Step", "diagnose", "of_script", "read", "record", "write"]
