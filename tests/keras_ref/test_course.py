"""The course's solutions are Keras' numbers: what a learner is told to be right is right."""

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

from keras_ref.engines import floatx, load  # noqa: E402
from tinydnn.course.calls import calls  # noqa: E402
from tinydnn.course.digits import batch  # noqa: E402
from tinydnn.course.exercises import EXERCISES  # noqa: E402

TASKS = {task.name: task for exercise in EXERCISES for task in exercise.tasks}


@pytest.fixture(scope="module")
def keras():
    return load("keras", device="cpu")


@pytest.fixture(autouse=True)
def _in_float64(keras):
    with floatx("float64"):
        yield


def right(name):
    return calls(TASKS[name])[0].right


def close(ours, theirs, rtol=1e-6):
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * np.abs(theirs).max())


def test_every_tensor_forward_and_backward(keras):
    import tensorflow as tf

    one = batch()
    weights = [tf.Variable(w) for w in one.weights]
    W1, b1, W2, b2, W3, b3 = weights
    with tf.GradientTape() as tape:
        a1 = keras.activations.sigmoid(one.x @ W1 + b1)
        z2 = a1 @ W2 + b2
        a2 = keras.activations.sigmoid(z2)
        z3 = a2 @ W3 + b3
        l = keras.losses.categorical_crossentropy(one.y, z3, from_logits=True)
        loss = tf.reduce_mean(l)
    da1, dz2, dz3, *gradients = tape.gradient(loss, [a1, z2, z3, *weights])
    for name, tensors in {
        "dense": (z2,),
        "sigmoid": (a2,),
        "softmax_crossentropy": (keras.activations.softmax(z3), l),
        "loss_backward": (dz3,),
        "dense_backward": (gradients[2], gradients[3], da1),
        "backward": gradients,
    }.items():
        for ours, theirs in zip(right(name).values(), tensors, strict=True):
            close(ours, theirs)
    close(calls(TASKS["dense_backward"])[0].arguments["dz"], dz2)
    rows = right("numerical_gradient")["dw"]
    close(rows, gradients[2][: len(rows)], rtol=1e-4)
    _, far, *_ = calls(TASKS["softmax_crossentropy"])
    close(
        far.right["l"], keras.losses.categorical_crossentropy(one.y, tf.constant(far.arguments["z"], "float64"), True)
    )


def test_pixels_and_labels(keras):
    one = batch()
    close(right("prepare")["x"], keras.layers.Rescaling(1 / 255)(one.images.reshape(-1, 784)))
    close(right("prepare")["y"], keras.utils.to_categorical(one.labels))


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_every_update(keras, name):
    call, *_ = calls(TASKS[name])
    arguments = {key: value.astype("float64") if isinstance(value, np.ndarray) else value
                 for key, value in call.arguments.items()}  # fmt: skip
    w = keras.Variable(arguments["w"])
    optimizer = {
        "sgd": lambda: keras.optimizers.SGD(arguments["learning_rate"], momentum=arguments["momentum"]),
        "rmsprop": keras.optimizers.RMSprop,
        "adam": keras.optimizers.Adam,
    }[name]()
    optimizer.build([w])
    optimizer.iterations.assign(arguments.get("t", 1) - 1)
    slots = {key: slot for key, kind in (("m", "momentum"), ("v", "velocity"))
             for slot in optimizer.variables if kind in slot.path and key in arguments}  # fmt: skip
    for key, slot in slots.items():
        slot.assign(arguments[key])
    optimizer.apply([arguments["g"]], [w])
    close(call.right["change of w"], w - arguments["w"], rtol=2e-5)  # Keras' rates are in float32
    for key, slot in slots.items():
        close(call.right[f"change of {key}"], slot - arguments[key], rtol=2e-5)
