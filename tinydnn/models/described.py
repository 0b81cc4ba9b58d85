"""What a model says of itself: its config, its names, its summary (mirrors keras/src/models/model.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinydnn.checks import is_int
from tinydnn.missing import Offered, refuse_custom_objects

Model = Any  # a models.Model, which derives from what is here


class Described(Offered):
    """The methods by which a model tells what it is, and what makes it again."""

    layers: list[Any]
    described_by: Any

    @property
    def metrics_names(self) -> list[str]:
        """["loss", "compile_metrics"], as in Keras 3: the second stands for all metrics, which `metrics` names."""
        return ["loss", "compile_metrics"]

    def reset_metrics(self) -> None:
        """Do nothing: every epoch and every evaluation begins its averages anew."""

    def get_config(self) -> dict[str, Any]:
        """The layers and their settings, as a file has them; without weights, and without how it was compiled.

        Raises:
            TypeError: a layer is of a class that is not tinydnn's.
        """
        from tinydnn.files.config import to_config

        config: dict[str, Any] = to_config(self)["config"]
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
        """The model that a config describes, with initial weights.

        custom_objects: None or empty: tinydnn makes Keras' own classes only.

        Raises:
            ValueError: there are custom objects, or tinydnn lacks something that the config has.
        """
        from tinydnn.files.config import from_config

        refuse_custom_objects(custom_objects)
        kind = "Functional" if "input_layers" in config else "Sequential"
        model: Model = cls.described_by(from_config({"class_name": kind, "config": config}, compile=False))
        return model

    def to_json(self, **kwargs: Any) -> str:
        """The layers and how they were compiled, as JSON that Keras reads too; without weights.

        kwargs: as for json.dumps.

        Raises:
            TypeError: a layer, the loss or the optimizer is of a class that is not tinydnn's.
        """
        from tinydnn.files import saving

        return saving.to_json(self, **kwargs)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """The layer of this name, or at this place in `layers`.

        Raises:
            ValueError: there is no such layer, or not one of the two was given.
        """
        names = [layer.name for layer in self.layers]
        if (name is None) == (index is None):
            raise ValueError(f"get_layer expects a name or an index. Received: name={name!r}, index={index!r}")
        if index is None and name in names:
            return self.layers[names.index(name)]
        if index is not None and is_int(index) and -len(names) <= index < len(names):
            return self.layers[index]
        raise ValueError(
            f"get_layer expects one of the layers {', '.join(names)}, or their index. Received: "
            + (f"{name!r}" if index is None else f"index={index!r}")
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
    ) -> None:
        """Print the layers, their output shapes and numbers of weights, as Keras does.

        Args:
            line_length: how many characters a line has; None is what the terminal has, and 88 at most.
            positions: where the three columns end, as shares of a line or in characters; None is [0.45, 0.8, 1].
            print_fn: called with the whole text instead of printing it.
            expand_nested: whether to show the layers of models within the model, which tinydnn does not.

        Raises:
            ValueError: such layers are asked for.
        """
        from tinydnn.utils.summary import print_summary

        inner = [layer.name for layer in self.layers if hasattr(layer, "layers")]
        if expand_nested and inner:
            raise ValueError(
                f"summary can't expand models; call it on {', '.join(inner)}. Received: expand_nested=True"
            )
        print_summary(self, print_fn, line_length, positions)
