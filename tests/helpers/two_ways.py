"""Every feature that tinydnn shares with Keras, saved by one and opened by the other: docs/reliability.md's table.

`python tests/helpers/two_ways.py`
"""

import logging
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras_cases import LOSSES, OPTIMIZERS
from tolerances import KERAS_FLOAT32, KERAS_PRODUCT

import tinydnn
from keras_ref.engines import load, seed_both
from tinydnn import activations
from tinydnn.files.optimizer_variables import variables

SHAPE, OUTPUTS, BATCH = (2, 3), 4, 8


def stack(*middle, last="softmax", optimizer="rmsprop", loss="categorical_crossentropy", sparse=False, **names):
    """make(k) → a compiled net with these layers between the first and the last; each is a function of k."""

    def make(k):
        layers = [k.Input(SHAPE), k.layers.Flatten(), *(layer(k) for layer in middle)]
        model = k.Sequential([*layers, k.layers.Dense(OUTPUTS, activation=last)], **names)
        chosen = optimizer(k) if callable(optimizer) else optimizer
        model.compile(chosen, loss(k) if callable(loss) else loss, metrics=["accuracy"])
        return model

    make.sparse = sparse
    return make


def dense(**options):
    return lambda k: k.layers.Dense(5, **options)


def adapted(layer):
    layer.adapt(np.linspace(-1, 2, 20, dtype="float32").reshape(4, 5))
    return layer


def never_compiled(k):
    return k.Sequential([k.Input(SHAPE), k.layers.Flatten(), k.layers.Dense(OUTPUTS, activation="softmax")])


def in_float64(k):
    model = k.Sequential([k.Input(SHAPE, dtype="float64"), k.layers.Flatten(dtype="float64")])
    model.add(k.layers.Dense(OUTPUTS, activation="softmax", dtype="float64"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def regularized(name, *rates):
    return stack(lambda k: k.layers.Dense(5, kernel_regularizer=getattr(k.regularizers, name)(*rates)))


def constrained(name, *settings):
    return stack(lambda k: k.layers.Dense(5, kernel_constraint=getattr(k.constraints, name)(*settings)))


INITIALIZERS = {
    "Constant": (0.25,), "GlorotNormal": (3,), "HeNormal": (3,), "HeUniform": (3,), "Identity": (0.5,),
    "LecunNormal": (3,), "LecunUniform": (3,), "Ones": (), "Orthogonal": (0.5, 3), "RandomNormal": (0.1, 0.2, 3),
    "RandomUniform": (-0.2, 0.1, 3), "TruncatedNormal": (0.1, 0.2, 3),
    "VarianceScaling": (0.5, "fan_out", "untruncated_normal", 3),
}  # fmt: skip


def initialized(name, *settings):
    return stack(lambda k: k.layers.Dense(5, kernel_initializer=getattr(k.initializers, name)(*settings)))


FEATURES = {
    "layers": {
        "Input, Flatten, Dense": stack(dense()),
        "Reshape": stack(lambda k: k.layers.Reshape((3, 2)), lambda k: k.layers.Flatten()),
        "Rescaling": stack(lambda k: k.layers.Rescaling(0.5, offset=0.25)),
        "Activation": stack(dense(), lambda k: k.layers.Activation("relu")),
        "ReLU": stack(dense(), lambda k: k.layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2)),
        "LeakyReLU": stack(dense(), lambda k: k.layers.LeakyReLU(negative_slope=0.1)),
        "ELU": stack(dense(), lambda k: k.layers.ELU(alpha=0.5)),
        "Softmax": stack(dense(), lambda k: k.layers.Softmax()),
        "Dropout": stack(dense(), lambda k: k.layers.Dropout(0.3, seed=4)),
        "Dense(use_bias=False)": stack(dense(use_bias=False)),
    },
    "layers that normalize or draw": {
        "BatchNormalization": stack(dense(), lambda k: k.layers.BatchNormalization(momentum=0.9)),
        "LayerNormalization": stack(dense(), lambda k: k.layers.LayerNormalization(center=False)),
        "UnitNormalization": stack(dense(), lambda k: k.layers.UnitNormalization()),
        "Normalization adapted": stack(dense(), lambda k: adapted(k.layers.Normalization())),
        "Normalization given": stack(dense(), lambda k: k.layers.Normalization(mean=0.25, variance=0.5)),
        "AlphaDropout": stack(dense(), lambda k: k.layers.AlphaDropout(0.3, seed=4)),
        "GaussianDropout": stack(dense(), lambda k: k.layers.GaussianDropout(0.3, seed=4)),
        "GaussianNoise": stack(dense(), lambda k: k.layers.GaussianNoise(0.3, seed=4)),
        "ActivityRegularization": stack(dense(), lambda k: k.layers.ActivityRegularization(l2=0.01)),
        "a layer as an activation": stack(
            lambda k: k.layers.Dense(5, activation=k.layers.LeakyReLU(negative_slope=0.1))
        ),
        "frozen layers": stack(dense(trainable=False), lambda k: k.layers.BatchNormalization(trainable=False)),
    },
    "activations": {name: stack(dense(activation=name)) for name in activations.OFFERED},
    "initializers": {
        "glorot_uniform": stack(
            lambda k: k.layers.Dense(5, kernel_initializer=k.initializers.GlorotUniform(seed=3)),
        ),
        "zeros": stack(dense(bias_initializer="zeros", kernel_initializer="zeros")),
        **{name: initialized(name, *settings) for name, settings in INITIALIZERS.items()},
    },
    "regularizers": {
        "L1": regularized("L1", 1e-3),
        "L2": regularized("L2", 1e-3),
        "L1L2": regularized("L1L2", 1e-3, 1e-2),
        "of the bias": stack(lambda k: k.layers.Dense(5, bias_regularizer=k.regularizers.L1L2(1e-3, 1e-2))),
    },
    "activity regularizers": {
        "L1L2": stack(lambda k: k.layers.Dense(5, "tanh", activity_regularizer=k.regularizers.L1L2(1e-3, 1e-2))),
    },
    "constraints": {
        "MaxNorm": constrained("MaxNorm", 0.9, 1),
        "MinMaxNorm": constrained("MinMaxNorm", 0.5, 0.9, 0.7),
        "NonNeg": constrained("NonNeg"),
        "UnitNorm": constrained("UnitNorm"),
        "of the bias": stack(lambda k: k.layers.Dense(5, bias_constraint="non_neg")),
    },
    "losses": {
        name: stack(dense(activation="tanh"), last=last, loss=loss, sparse=name.startswith("sparse"))
        for name, (last, loss) in LOSSES.items()
    },
    "optimizers": {name: stack(dense(activation="tanh"), optimizer=make) for name, make in OPTIMIZERS.items()},
    "models": {
        "names of one's own": stack(lambda k: k.layers.Dense(5, name="first-layer"), name="mine"),
        "never compiled": never_compiled,
        "float64": in_float64,
    },
}


def samples(sparse):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, OUTPUTS, 4 * BATCH)
    return rng.normal(size=(4 * BATCH, *SHAPE)).astype("float32"), labels if sparse else np.eye(OUTPUTS)[labels]


def optimizer_state(k, model):
    return [np.asarray(each) for each in (variables(model) if k is tinydnn else model.optimizer.variables)]


def differences(here, there, make, path):
    """Save by one engine, open by the other: what is not the same there; nothing, if all is well.

    The net is trained for some steps, handed over in a .keras file, and then trained on by both.
    """
    x, y = samples(getattr(make, "sparse", False))
    seed_both(5)
    model = make(here)
    compiled = model.compiled
    # No file has how often a layer has drawn.
    drops = any("Dropout" in type(layer).__name__ or "Noise" in type(layer).__name__ for layer in model.layers)
    if compiled:
        model.fit(x, y, BATCH, epochs=2, shuffle=False, verbose=0)
    model.save(path)
    other = there.models.load_model(path)

    off = []
    if [layer.name for layer in other.layers] != [layer.name for layer in model.layers] or other.name != model.name:
        off.append("names")
    if not all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True)):
        off.append("weights")
    predictions = [np.asarray(each.predict(x, verbose=0)) for each in (model, other)]
    if not np.allclose(*predictions, rtol=0, atol=KERAS_FLOAT32):
        off.append("predictions")
    if compiled:
        pairs = zip(optimizer_state(here, model), optimizer_state(there, other), strict=True)
        if not all(np.array_equal(a, b) or (a.ndim == 0 and np.isclose(a, b, KERAS_PRODUCT, 0)) for a, b in pairs):
            off.append("the optimizer's state")
        if not np.allclose(
            model.evaluate(x, y, verbose=0), other.evaluate(x, y, verbose=0), rtol=KERAS_FLOAT32, atol=KERAS_FLOAT32
        ):
            off.append("loss or accuracy")
        if not drops:
            for each in (model, other):
                each.fit(x, y, BATCH, epochs=1, shuffle=False, verbose=0)
            pairs = zip(model.get_weights(), other.get_weights(), strict=True)
            if not all(np.allclose(a, b, rtol=0, atol=KERAS_FLOAT32) for a, b in pairs):
                off.append("weights after training on")
    elif other.compiled:
        off.append("an optimizer that was never there")
    return off


def main():
    logging.getLogger("tensorflow").setLevel("ERROR")  # it counts how often it had to trace
    keras = load("keras", "cpu")
    ways = [("tinydnn to Keras", tinydnn, keras), ("Keras to tinydnn", keras, tinydnn)]
    print(f"| feature | {ways[0][0]} | {ways[1][0]} |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for group, features in FEATURES.items():
            cells = []
            for _, here, there in ways:
                off = {
                    name: parts
                    for name, make in features.items()
                    if (parts := differences(here, there, make, Path(folder) / "model.keras"))
                }
                said = "; ".join(f"{name}: {', '.join(parts)}" for name, parts in off.items())
                cells.append(f"{len(features) - len(off)} of {len(features)}" + (f" ({said})" if said else ""))
            print(f"| {group}: {', '.join(features)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
