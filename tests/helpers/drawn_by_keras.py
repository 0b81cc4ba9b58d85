"""What Keras draws from seeds on the backend of KERAS_BACKEND, and what it trains: `python drawn_by_keras.py FILE.npz`.

With the argument `tinydnn` in front, the same of tinydnn. tests/keras_ref/test_streams_of_backends.py compares the two.
"""

import os
import sys

import numpy as np

SEEDS = 0, 42, 2**31 - 1
SHAPES = (5, 3), (17, 7), (40, 32)
INITIALIZERS = "GlorotUniform", "RandomNormal", "TruncatedNormal", "HeNormal"
ORDERS = (1, 1), (53, 8), (600, 512)  # samples and batch sizes
DTYPES = "float32", "float64"
NETS = "plain", "dropout", "noise"


def layers_of(k, name):
    """What stands between the Dense layers of a net."""
    return {
        "plain": [],
        "dropout": [k.layers.Dropout(0.3), k.layers.Dropout(0.1, seed=5), k.layers.AlphaDropout(0.2)],
        "noise": [k.layers.GaussianNoise(0.2), k.layers.GaussianDropout(0.2, seed=3)],
    }[name]


def trained(k, name, dtype):
    """The weights and losses of three epochs; then it is evaluated, predicts, and trains on."""
    k.utils.set_random_seed(11)
    model = k.Sequential([k.Input((6,)), k.layers.Rescaling(1 / 255)])
    model.add(k.layers.Dense(9, "tanh", kernel_regularizer="l2"))
    for layer in [*layers_of(k, name), k.layers.Dense(3, "softmax")]:
        model.add(layer)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 255, (45, 6)).astype(dtype), np.eye(3)[rng.integers(0, 3, 45)].astype(dtype)
    model.compile(k.optimizers.RMSprop(0.01, momentum=0.5), "categorical_crossentropy", metrics=["accuracy"])
    first = model.fit(x, y, batch_size=15, epochs=3, verbose=0, validation_split=1 / 3).history
    model.evaluate(x, y, batch_size=15, verbose=0)
    model.predict(x, batch_size=15, verbose=0)
    second = model.fit(x, y, batch_size=15, epochs=1, verbose=0).history
    losses = [*first["loss"], *first["val_loss"], *second["loss"]]
    return np.concatenate([np.ravel(w) for w in model.get_weights()] + [np.array(losses)])


def order(k, n, batch_size):
    """The samples of each step of two fits after a seed, one of two epochs and one of one."""
    k.utils.set_random_seed(3)
    model = k.Sequential([k.Input((1,)), k.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    model.compile(k.optimizers.SGD(1.0), "mse", run_eagerly=True)
    kernels = []

    class Noted(k.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            kernels.append(float(self.model.get_weights()[0][0, 0]))

    # The kernel grows by the mean of a batch's targets, which tell the batches apart.
    y = np.random.default_rng(1).uniform(1, 2, n)
    for epochs in (2, 1):
        model.fit(np.zeros((n, 1)) + 1e-3, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[Noted()])
    return np.array(kernels)


def everything(k, set_float64):
    found = {}
    for dtype in DTYPES:
        set_float64(dtype == "float64")
        k.config.set_floatx(dtype)
        for kind in INITIALIZERS:
            for seed in SEEDS:
                for shape in SHAPES:
                    made = getattr(k.initializers, kind)(seed=seed)(shape, dtype)
                    found[f"{kind} {seed} {shape} {dtype}"] = np.asarray(made)
        for name in NETS:
            found[f"trained {name} {dtype}"] = trained(k, name, dtype)
    for n, batch_size in ORDERS:
        found[f"order {n} {batch_size}"] = order(k, n, batch_size)
    return found


if __name__ == "__main__":
    if sys.argv[1] == "tinydnn":
        import tinydnn

        found = everything(tinydnn, lambda on: None)
    else:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from keras_ref import engines

        keras = engines.load_reference()
        backend = engines.BACKENDS[engines.backend_name()]

        def set_float64(on):
            backend.set_float64(on)
            keras.config.set_dtype_policy("float64" if on else "float32")

        found = everything(keras, set_float64)
    np.savez_compressed(sys.argv[-1], **found)
