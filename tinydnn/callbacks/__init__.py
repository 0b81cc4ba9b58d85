"""What happens during training besides the training: hooks, the log, stopping early, saving, learning rates.

Mirrors keras/src/callbacks, a file for each.
"""

from tinydnn.callbacks.backup_and_restore import BackupAndRestore
from tinydnn.callbacks.callback import Callback
from tinydnn.callbacks.csv_logger import CSVLogger
from tinydnn.callbacks.early_stopping import EarlyStopping
from tinydnn.callbacks.history import History
from tinydnn.callbacks.lambda_callback import LambdaCallback
from tinydnn.callbacks.learning_rate_scheduler import LearningRateScheduler
from tinydnn.callbacks.model_checkpoint import ModelCheckpoint
from tinydnn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from tinydnn.callbacks.tensor_board import TensorBoard
from tinydnn.callbacks.terminate_on_nan import TerminateOnNaN
from tinydnn.names import not_offered

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]

__getattr__ = not_offered(__name__, globals())
