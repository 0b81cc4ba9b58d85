"""Models, and how files and JSON become models (mirrors keras/src/models)."""

from tinydnn.models.loading import load_model, model_from_json
from tinydnn.models.sequential import Sequential
from tinydnn.names import not_offered

__all__ = ["Sequential", "load_model", "model_from_json"]

__getattr__ = not_offered(__name__, globals())
