"""TensorBoard (mirrors keras/src/callbacks/tensorboard.py)."""

import os
import time
from os import PathLike
from typing import Any

from tinydnn.callbacks.callback import Callback
from tinydnn.checks import check_count
from tinydnn.device import ranks
from tinydnn.engine.logs import Logs
from tinydnn.warn import warn


class TensorBoard(Callback):
    """Writes the logs for TensorBoard to read: `tensorboard --logdir logs`. It needs the package tensorboard.

    Mirrors keras/src/callbacks/tensorboard.py: log_dir/train has epoch_loss, epoch_accuracy and epoch_learning_rate,
    log_dir/validation has epoch_loss and so on, and evaluation_loss_vs_iterations.

    Args:
        log_dir: the folder; each training adds files to it.
        histogram_freq: after each so many epochs, the weights' histograms are written; 0 for never.
        write_graph: whether to write the layers.
        update_freq: "epoch", or "batch" or a number of batches, after which batch_loss and so on are written too.
        write_images, write_steps_per_second, profile_batch, embeddings_freq, embeddings_metadata: leave them at
            their defaults: tinydnn writes no pictures of weights, measures no times, and has no embeddings.

    Raises:
        ValueError: a bad argument, or one that tinydnn has no other value for.

    fit raises:
        ModuleNotFoundError: the package is missing.
    """

    def __init__(
        self,
        log_dir: str | PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        fixed = {
            "write_images": write_images,
            "write_steps_per_second": write_steps_per_second,
            "profile_batch": profile_batch,
            "embeddings_freq": embeddings_freq,
            "embeddings_metadata": embeddings_metadata,
        }
        for name, value in fixed.items():
            if value:
                raise ValueError(f"tinydnn's TensorBoard has no {name}; leave it out. Received: {name}={value!r}")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = check_count("histogram_freq", histogram_freq, low=0)
        self.write_graph = write_graph
        batches = 1 if update_freq == "batch" else update_freq
        self.update_freq = batches if batches == "epoch" else check_count("update_freq", batches)
        self._writers: dict[str, Any] = {}
        self._batches, self._in_fit = 0, False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches, self._in_fit = 0, True
        if self.write_graph:
            self._write_layers()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self.update_freq != "epoch" and self._batches % int(self.update_freq) == 0:
            self._write_scalars(
                "train", {f"batch_{name}": value for name, value in (logs or {}).items()}, self._batches
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        found = dict(logs or {})
        validation = {name.removeprefix("val_"): found.pop(name) for name in list(found) if name.startswith("val_")}
        found["learning_rate"] = float(self.model.optimizer.learning_rate)
        self._write_scalars("train", {f"epoch_{name}": value for name, value in found.items()}, epoch)
        self._write_scalars("validation", {f"epoch_{name}": value for name, value in validation.items()}, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self.model.optimizer is not None:
            values = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
            self._write_scalars("validation", values, self.model.optimizer.iterations)
        if not self._in_fit:
            self._close()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False
        self._close()

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write_scalars(self, part: str, values: dict[str, Any], step: int) -> None:
        if not values:
            return
        _require_tensorboard()
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        for tag, value in values.items():
            self._write(part, scalar_pb(tag, float(value)), step)

    def _write_weights(self, epoch: int) -> None:
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        for layer in self.model.flat_layers:
            for name, weight in zip(layer.weight_names, layer.get_weights(), strict=True):
                self._write("train", histogram_pb(f"{self.model.name}/{layer.name}/{name}/histogram", weight), epoch)

    def _write_layers(self) -> None:
        _require_tensorboard()
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.util.tensor_util import make_tensor_proto

        try:
            layers = self.model.to_json()
        except TypeError as error:
            warn(f"TensorBoard gets no graph of the model: {error}")
            return
        plugin = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        value = Summary.Value(
            tag="keras", tensor=make_tensor_proto(layers), metadata=SummaryMetadata(plugin_data=plugin)
        )
        self._write("train", Summary(value=[value]), 0)

    def _write(self, part: str, summary: Any, step: int) -> None:
        """Add a summary to the events of train or validation; of several ranks, the first does."""
        if ranks.current().rank > 0:
            return
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if part not in self._writers:
            self._writers[part] = EventFileWriter(os.path.join(self.log_dir, part))
        self._writers[part].add_event(Event(wall_time=time.time(), step=int(step), summary=summary))

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: files of its own."""
        return {**self.__dict__, "_writers": {}}


def _require_tensorboard() -> None:
    """Raise a ModuleNotFoundError that says what to install, where the package is missing."""
    try:
        import tensorboard  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The callback TensorBoard needs the package tensorboard: pip install 'tinydnn[tensorboard]'"
        ) from error
