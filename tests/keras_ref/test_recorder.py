"""The recorder in trainings of Keras itself: its steps are Keras' steps, and wrong ones are found."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

from keras_ref import engines, one_step
from tinydnn import models
from tinydnn.inspect import diagnosis, own_tensors
from tinydnn.inspect.recorder import Recorder

keras = engines.load("keras")
layers, optimizers = keras.layers, keras.optimizers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4)).astype("float32")
LABELS = RNG.integers(0, 3, 22)
Y = np.eye(3)[LABELS]
OWN = "If the optimizer or the loss is of your own, say"


def net(optimizer="rmsprop", *more, loss="categorical_crossentropy", eager=True, **compiled):
    """A net whose steps are not traced, which takes a second, except where eager=False."""
    keras.utils.set_random_seed(1)
    dense = layers.Dense(5, activation="tanh"), *more, layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((4,)), *dense])
    model.compile(optimizer, loss, run_eagerly=eager, **compiled)
    return model


def recorded(path, model, step=1, y=Y, fit=None, **meant):
    """The step of a training of three epochs with batches of 8, 8 and 6."""
    settings = {"batch_size": 8, "epochs": 3, "verbose": 0} | (fit or {})
    model.fit(X, y, callbacks=[Recorder(path, step, **meant)], **settings)
    return diagnosis.read(path)


def diagnosed(step):
    return diagnosis.diagnose(models.model_from_json(step.model_json), step)


@pytest.mark.parametrize(
    ("optimizer", "step", "slots"),
    [
        ("rmsprop", 1, {"velocity"}),
        ("rmsprop", 7, {"velocity"}),
        (lambda: optimizers.RMSprop(momentum=0.9, centered=True), 3, {"velocity", "momentum", "average_gradient"}),
        (lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True), 2, {"momentum"}),
        (lambda: optimizers.Adam(amsgrad=True), 5, {"momentum", "velocity", "velocity_hat"}),
        ("nadam", 2, {"momentum", "velocity"}),
        ("adagrad", 2, {"accumulator"}),
    ],
)
def test_a_step_of_keras_is_keras_step(optimizer, step, slots, tmp_path):
    made = optimizer if isinstance(optimizer, str) else optimizer()
    found = recorded(tmp_path / "step.npz", net(made, layers.BatchNormalization(), eager=made != "rmsprop"), step)
    assert (found.number, found.batch_size, len(found.x)) == (step, 8, 6 if step == 3 else 8)
    assert found.slots.keys() == slots
    assert step == 1 or all(array.any() for kept in found.slots.values() for array in kept)
    assert diagnosed(found).right


def test_a_training_with_the_recorder_gets_the_same_weights(tmp_path):
    plain = net("adam", eager=False)
    plain.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    watched = net("adam", eager=False)
    recorded(tmp_path / "step.npz", watched, 4)
    assert "OfKeras" not in repr(watched.train_function)
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_second_fit_goes_on_from_the_optimizers_present_state(tmp_path):
    """The name "sgd" in `compile` says neither how many steps there were nor that the learning rate was changed."""
    model = net("sgd")
    model.fit(X, Y, batch_size=8, verbose=0)
    model.optimizer.learning_rate = 0.5
    step = recorded(tmp_path / "step.npz", model, 2)
    assert step.number == 5
    assert models.model_from_json(step.model_json).optimizer.learning_rate == 0.5
    assert diagnosed(step).right


def test_labels_are_recorded(tmp_path):
    model = net(loss="sparse_categorical_crossentropy")
    step = recorded(tmp_path / "step.npz", model, y=LABELS)
    assert step.y.shape == (8,)
    assert diagnosed(step).right


def test_a_generator_that_ends_is_no_step(tmp_path):
    """Keras begins a step before it knows that the data have run out."""
    model, path = net(eager=False), tmp_path / "step.npz"
    batches = ((X[i : i + 11], Y[i : i + 11]) for i in (0, 11))
    ours, theirs = "had 2 steps, and .*step.npz was to get step 3", "ran out of data"
    with pytest.warns(UserWarning, match=theirs), pytest.warns(UserWarning, match=ours):
        model.fit(batches, shuffle=False, verbose=0, callbacks=[Recorder(path, 3)])
    assert not path.exists()


class Outside(optimizers.RMSprop):
    """Adds epsilon outside the root."""

    def update_step(self, gradient, variable, learning_rate):
        ops, velocity = keras.ops, self._velocities[self._get_variable_index(variable)]
        velocity.assign(self.rho * velocity + (1 - self.rho) * ops.square(gradient))
        variable.assign_sub(learning_rate * gradient / (ops.sqrt(velocity) + self.epsilon))


def summed(y, p):
    return keras.ops.sum(keras.losses.categorical_crossentropy(y, p)) * keras.ops.ones(())


class Own(keras.Model):
    """Trains itself, with a loss that Keras does not know of."""

    def compile(self, optimizer, criterion):
        super().compile(optimizer, run_eagerly=True)
        self.criterion = criterion

    def train_step(self, data):
        x, y = data
        with importlib.import_module("tensorflow").GradientTape() as tape:
            loss = self.criterion(y, self(x, training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def test_a_train_step_of_ones_own_is_recorded(tmp_path):
    """With a frozen layer, averages, and a schedule of learning rates."""
    keras.utils.set_random_seed(1)
    x = keras.Input((4,))
    hidden = layers.BatchNormalization()(layers.Dense(5, activation="relu", trainable=False)(x))
    model = Own(x, layers.Dense(3, activation="softmax")(hidden))
    rate = optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    model.compile(optimizers.Adam(rate), keras.losses.CategoricalCrossentropy())
    with pytest.raises(ValueError, match=f"without a loss. {OWN}"):
        recorded(tmp_path / "step.npz", model)
    step = recorded(tmp_path / "step.npz", model, 4, loss="categorical_crossentropy")
    assert diagnosed(step).right


def test_mistakes_of_a_programs_own_classes_are_found(tmp_path):
    path = tmp_path / "step.npz"
    step = recorded(path, net(Outside(epsilon=1e-3)), optimizer=optimizers.RMSprop(epsilon=1e-3))
    assert diagnosed(step).named == ["epsilon-outside-root"]
    step = recorded(path, net("sgd", loss=summed), loss=keras.losses.CategoricalCrossentropy())
    assert diagnosed(step).named == ["gradient-summed"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": lambda: net(Outside())}, f"Outside.*{OWN}"),
        ({"model": lambda: net(loss=summed)}, f"summed.*{OWN}"),
        ({"model": lambda: net("rmsprop", layers.Dropout(0.5))}, "Recorder expects a net without Dropout"),
        ({"model": lambda: net(optimizers.Adam(use_ema=True))}, "use_ema"),
        ({"model": lambda: net(steps_per_execution=2)}, "expects steps_per_execution=1"),
        ({"model": lambda: net(Outside()), "step": 2, "optimizer": "adam"}, "needs what the optimizer kept before it"),
        ({"fit": {"class_weight": {0: 2.0, 1: 1.0, 2: 1.0}}}, "no sample_weight and no class_weight"),
    ],
)
def test_what_can_not_be_recorded_is_refused_at_the_beginning(change, message, tmp_path):
    change = {"model": net, **change}
    model = change.pop("model")()
    with pytest.raises(ValueError, match=message):
        recorded(tmp_path / "step.npz", model, **change)
    assert int(model.optimizer.iterations) <= 1
    assert not (tmp_path / "step.npz").exists()


def test_models_whose_layers_are_not_known_are_refused(tmp_path):
    class Own(keras.Model):
        def build(self, shape):
            self.dense = layers.Dense(3)
            self.dense.build(shape)
            self.built = True

        def call(self, x):
            return self.dense(x)

    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="a model that has its weights"):
        recorded(tmp_path / "step.npz", model)
    model.build((None, 4))
    with pytest.raises(ValueError, match="expects a Sequential or a Model"):
        recorded(tmp_path / "step.npz", model)
    x = keras.Input((4,))
    model = keras.Model(x, layers.Add()([layers.Dense(3)(x), layers.Dense(3)(x)]))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="layers in a row"):
        recorded(tmp_path / "step.npz", model)
    model = keras.Model([x, other := keras.Input((4,))], layers.Dense(3)(layers.Add()([x, other])))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="a model takes one input"):
        model.fit([X, X], Y, verbose=0, callbacks=[Recorder(tmp_path / "step.npz")])


def test_keras_tensors_of_a_recorded_step_are_tinydnns(tmp_path):
    """Keras' own tensors, as a learner's, beside those of the step that was recorded with slots and averages."""
    step = recorded(tmp_path / "step.npz", net("adam", layers.BatchNormalization()), 5)
    model = models.model_from_json(step.model_json)
    own = own_tensors.tensors_of(model, step)
    assert set(own) == {f"{name} change" for name in own_tensors.trained_names(model)}
    theirs = one_step.tensors(model, step.x, step.y)
    found = own_tensors.compare(model, step.x, step.y, theirs | own, theirs)
    assert len(found.allowed) == len(found.tensors) > 30
    assert not found.off, found


PROGRAM = """
import sys
import numpy as np
import keras
from tinydnn import models
from tinydnn.inspect import diagnosis
from tinydnn.inspect.recorder import Recorder

rng = np.random.default_rng(0)
x, y, path = rng.normal(size=(22, 4)), np.eye(3)[rng.integers(0, 3, 22)], sys.argv[1]

def trained(callbacks):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.Input((4,)), keras.layers.Dense(5), keras.layers.BatchNormalization(),
        keras.layers.Dense(3, activation="softmax"),
    ])
    model.compile("adam", "categorical_crossentropy")
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=callbacks)
    return model.get_weights()

plain = trained([])
for number in 1, 5:
    assert all(np.array_equal(a, b) for a, b in zip(plain, trained([Recorder(path, number)]), strict=True))
    step = diagnosis.read(path)
    assert (step.number, step.batch_size, sorted(step.slots)) == (number, 8, ["momentum", "velocity"])
    assert diagnosis.diagnose(models.model_from_json(step.model_json), step).right
print(keras.backend.backend())
"""


# They are no part of the tests' environment, which has Keras on TensorFlow.
@pytest.mark.parametrize("backend", [each for each in ("jax", "torch") if importlib.util.find_spec(each)])
def test_keras_on_other_backends_is_recorded(backend, tmp_path):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    program = [sys.executable, "-P", "-c", PROGRAM, str(tmp_path / "step.npz")]
    done = subprocess.run(program, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == backend, done.stderr
