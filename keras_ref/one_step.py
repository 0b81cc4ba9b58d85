"""Every tensor of one training step in Keras: the microscope's second column.

Keras gives the outputs of its layers, its backend the gradient of anything, and the optimizer its variables. The names
are the microscope's.
"""

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_ref.engines import floatx, keras_numbers, load, load_reference
from keras_ref.gradients import Tap, gradients
from keras_ref.known import DIVIDES_PENALTIES
from tinydnn import config, layers, targets
from tinydnn.device.backend import Array
from tinydnn.engine import data
from tinydnn.files.optimizer_variables import slots_in_order
from tinydnn.inspect.weight_names import gradient_names, trained_names
from tinydnn.models import Model


def tensors(model: Model, x: Any, y: Any) -> dict[str, Array]:
    """What Keras computes in one step on these samples, from this model's weights and optimizer state.

    model: compiled and built; it is not changed.
    """
    model.prepare_training(np.shape(x)[1:])
    load_reference(tf32=False)
    with floatx(config.floatx()):
        return _step(twin(model), model, x, y)


def twin(model: Model) -> Any:
    """The same model in Keras, with the same dropout masks to come.

    It goes through a file, which both libraries read; `tinydnn.inspect.twin` makes a twin within tinydnn.
    """
    keras = load_reference()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "twin.keras"
        model.save(path)
        state = random.getstate()
        copy = keras.saving.load_model(path)
        random.setstate(state)  # Keras' layers drew seeds from the stream of tinydnn's layers
    copy.optimizer.build(copy.trainable_variables)
    for ours, theirs in zip(model.layers, copy.layers, strict=True):
        if isinstance(ours, layers.RandomLayer) and ours.draws:
            theirs.seed_generator.state.assign([ours.stream_seed, ours.steps_seen])
    return copy


def _step(model: Any, ours: Model, x: Any, y: Any) -> dict[str, Array]:
    keras = load("keras")
    to_numpy = keras.ops.convert_to_numpy
    of_weights = dict(zip(trained_names(ours), model.trainable_variables, strict=True))
    x, y, rows = _checked(ours, x, y)
    divisor = len(rows) if keras_numbers() >= DIVIDES_PENALTIES else 1

    def compute(tap: Tap) -> tuple[Any, Any]:
        h, penalties = x, 0.0
        for layer in model.layers:
            if isinstance(layer, keras.layers.Dense):  # as in Dense.call
                h = keras.ops.matmul(h, layer.kernel)
                if layer.use_bias:
                    h = keras.ops.add(h, layer.bias)
                h = tap(f"{layer.name}/z", h)
                if layer.activation is not keras.activations.linear:
                    h = tap(f"{layer.name}/a", layer.activation(h))
                if layer.activity_regularizer is not None:  # as in Layer.__call__
                    penalties += layer.activity_regularizer(h) / divisor
            elif not isinstance(layer, keras.layers.InputLayer):
                h = layer(h, training=True)
                if not isinstance(layer, keras.layers.Reshape | keras.layers.Flatten):
                    kind = "a" if isinstance(layer, keras.layers.Activation) else "y"
                    h = tap(f"{layer.name}/{kind}", h)
        return model.compute_loss(x, y, h) + penalties, model.loss.call(y, h)

    loss, l, outputs, of_outputs, of_variables = gradients(compute, model.trainable_variables)
    found = {"x": x, "y": rows, **outputs, "l": l, "loss": loss}
    found |= {name.replace("/", "/d"): gradient for name, gradient in of_outputs.items() if gradient is not None}
    found |= dict(zip(gradient_names(ours), of_variables, strict=True))
    found = {name: to_numpy(value) for name, value in found.items()}
    before = {name: np.array(variable.numpy()) for name, variable in of_weights.items()}
    model.optimizer.apply(of_variables, model.trainable_variables)
    found |= {name: np.array(variable.numpy()) for name, variable in optimizer_state(model, ours).items()}
    found |= {f"{name} change": variable.numpy() - before[name] for name, variable in of_weights.items()}
    return found


def optimizer_state(model: Any, ours: Model) -> dict[str, Any]:
    """Keras' slots by the microscope's names, such as dense/kernel velocity."""
    names = trained_names(ours)
    slots = [f"{names[i]} {slot}" for slot, i, _ in slots_in_order(ours)]
    variables = [
        each for each in model.optimizer.variables if len(each.shape)
    ]  # no step, learning rate, Nadam's product
    return dict(zip(slots, variables, strict=True))


def _checked(ours: Model, x: Any, y: Any) -> tuple[Any, Any, Array]:
    """x and y as Keras' fit would convert them, and the targets as one row per sample."""
    convert = load("keras").ops.convert_to_tensor
    assert ours.sample_shape is not None
    assert ours.loss is not None
    (outputs,) = ours.output_shape[1:]
    x = data.check_samples(x, ours.sample_shape, ours.dtype)
    if ours.loss.sparse:
        y = targets.check_labels(y, len(x), int(outputs or 0))
        rows = np.eye(int(outputs or 0), dtype=ours.dtype)[y]
    else:
        y = rows = targets.check_targets(y, len(x), int(outputs or 0), ours.dtype)
    return convert(x, ours.dtype), convert(y), rows
