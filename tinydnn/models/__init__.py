"""Models, and how files and JSON become models (mirrors keras/src/models)."""

from tinydnn.models.loading import clone_model, load_model, model_from_json, save_model
from tinydnn.models.model import Model
from tinydnn.models.row import Sequential
from tinydnn.names import not_offered

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

__getattr__ = not_offered(__name__, globals())
