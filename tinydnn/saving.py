"""keras.saving: files of models, by their other address (mirrors keras/src/saving)."""

from tinydnn.models.loading import load_model, save_model
from tinydnn.names import not_offered

__all__ = ["load_model", "save_model"]

__getattr__ = not_offered(__name__, globals())
