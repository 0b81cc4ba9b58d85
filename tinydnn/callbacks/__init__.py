"""What happens during training besides the training: hooks, the log, stopping early, saving.

Mirrors keras/src/callbacks, a file for each.
"""

from tinydnn.callbacks.backup_and_restore import BackupAndRestore
from tinydnn.callbacks.callback import Callback
from tinydnn.callbacks.early_stopping import EarlyStopping
from tinydnn.callbacks.history import History
from tinydnn.callbacks.lambda_callback import LambdaCallback
from tinydnn.callbacks.model_checkpoint import ModelCheckpoint
from tinydnn.names import not_offered

__all__ = ["BackupAndRestore", "Callback", "EarlyStopping", "History", "LambdaCallback", "ModelCheckpoint"]

__getattr__ = not_offered(__name__, globals())
