"""Files that an older Keras wrote, for tests without it: `python tests/helpers/written_by_keras.py FILE.zip`.

Adds to FILE.zip what the Keras in use writes: tf_keras where that is installed, whose files are .h5, and else Keras 3,
whose files are .keras. Each is of a net that has trained for six steps; VERSION/NAME.npz has what it predicted then,
and its weights after six more. tests/files/test_files_of_other_keras.py opens them.
"""

import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

X = np.random.default_rng(0).random((8, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(8) % 3]

OPTIMIZERS = {
    "rmsprop": lambda o: o.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True),
    "sgd": lambda o: o.SGD(0.1),
    "nesterov": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=0.5),
    "adam": lambda o: o.Adam(0.01, beta_2=0.6, amsgrad=True),
    "schedule": lambda o: o.AdamW(o.schedules.ExponentialDecay(0.1, 10, 0.9), weight_decay=0.1),
    "adadelta": lambda o: o.Adadelta(1.0),
    "nadam": lambda o: o.Nadam(0.01),
}
LEGACY = {
    "legacy_rmsprop": lambda o: o.RMSprop(0.01),
    "legacy_rmsprop_with_momentum": lambda o: o.RMSprop(0.01, momentum=0.5, centered=True),
    "legacy_nesterov": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
    "legacy_decay": lambda o: o.SGD(0.1, decay=0.01),
    "legacy_adam": lambda o: o.Adam(0.01, beta_2=0.6, amsgrad=True),
    "legacy_adagrad": lambda o: o.Adagrad(0.1),
    "legacy_adadelta": lambda o: o.Adadelta(1.0),
    "legacy_nadam": lambda o: o.Nadam(0.01),
}


def train(model):
    model.fit(X, Y, batch_size=3, epochs=2, shuffle=False, verbose=0)


def small(k, optimizer):
    layers = [k.layers.Input((4,)), k.layers.Dense(5, "tanh"), k.layers.Dense(3, "softmax")]
    model = k.Sequential(layers)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def of_all_kinds(k, keras_2):
    """A net of layers and settings that have been written in several ways."""
    slope = {"alpha" if keras_2 else "negative_slope": 0.1}
    layers = [k.layers.Input((4,)), k.layers.Dense(5, kernel_initializer="orthogonal", kernel_regularizer="l2")]
    layers += [k.layers.LeakyReLU(**slope), k.layers.BatchNormalization(), k.layers.ELU(0.5)]
    layers += [k.layers.Dense(5, kernel_initializer=k.initializers.Identity(0.5)), k.layers.LayerNormalization()]
    model = k.Sequential([*layers, k.layers.Dense(3, "softmax", bias_constraint="non_neg")])
    metrics = ["accuracy", "mae", k.metrics.AUC(), k.metrics.TopKCategoricalAccuracy(2, name="of_two")]
    model.compile("sgd", k.losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=metrics)
    return model


def hard_sigmoid(k):
    return k.Sequential([k.layers.Input((4,)), k.layers.Dense(3, "hard_sigmoid")])


def nets(k, keras_2):
    """make() → a model, by its name."""
    made = {name: lambda make=make: small(k, make(k.optimizers)) for name, make in OPTIMIZERS.items()}
    made["all_kinds"] = lambda: of_all_kinds(k, keras_2)
    if keras_2:
        made["hard_sigmoid"] = lambda: hard_sigmoid(k)
        made |= {name: lambda make=make: small(k, make(k.optimizers.legacy)) for name, make in LEGACY.items()}
    return made


def main(path):
    try:
        import tf_keras as k
    except ImportError:
        import keras as k
    keras_2 = k.__version__.startswith("2.")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryDirectory() as folder:
        for name, make in nets(k, keras_2).items():
            k.utils.set_random_seed(3)
            model = make()
            if model.optimizer:
                train(model)
            file = Path(folder) / f"{name}.{'h5' if keras_2 else 'keras'}"
            model.save(file)
            archive.write(file, f"{k.__version__}/{file.name}")
            predicted = model.predict(X, verbose=0)
            if model.optimizer:
                train(model)
            found = io.BytesIO()
            np.savez(found, predicted, *model.get_weights())
            archive.writestr(f"{k.__version__}/{name}.npz", found.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
