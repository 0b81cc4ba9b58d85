"""Generators, PyDatasets and steps_per_epoch: the same batches, logs and weights as in Keras, epoch for epoch."""

import itertools
import warnings

import numpy as np
import pytest

import tinydnn

keras = pytest.importorskip("keras")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(20, 3)).astype("float32")
Y = (X @ [1.0, -2.0, 0.5] > 0).astype("float32")
SIZES = 4, 4, 1, 6, 5  # of the batches; where each begins:
STARTS = np.cumsum([0, *SIZES[:-1]])


def batch(i):
    part = slice(STARTS[i], STARTS[i] + SIZES[i])
    return X[part], Y[part]


def endless():
    for i in itertools.cycle(range(5)):
        yield batch(i)


def finite():
    for i in range(5):
        yield batch(i)


def dataset(k, turns=False, weighted=False):
    class Batches(k.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.numbers, self.calls = list(range(5)), []

        def __len__(self):
            return 5

        def __getitem__(self, index):
            x, y = batch(self.numbers[index])
            return (x, y, np.arange(len(x), dtype="float32")) if weighted else (x, y)

        def on_epoch_begin(self):
            self.calls.append("begin")

        def on_epoch_end(self):
            self.calls.append("end")
            if turns:
                np.random.shuffle(self.numbers)

    return Batches()


class Seen:
    """What the hooks of a training hear."""

    def __init__(self, k):
        self.batches, self.epochs = [], []
        self.callback = k.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: self.batches.append((batch, logs["loss"], logs["accuracy"])),
            on_epoch_end=lambda epoch, logs: self.epochs.append((epoch, sorted(logs))),
        )


def trained(k, data, **options):
    """The log, the weights and what the hooks heard of a training on data(k)."""
    k.utils.set_random_seed(3)
    model = k.Sequential([k.Input((3,)), k.layers.Dense(4, "tanh"), k.layers.Dense(1, "sigmoid")])
    model.compile(k.optimizers.SGD(0.3, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    seen, arguments = Seen(k), data(k)
    options = {name: value(k) if callable(value) else value for name, value in options.items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        log = model.fit(*arguments, verbose=0, callbacks=[seen.callback], **options).history
    short = sum("ran out" in str(each.message) for each in caught)
    return log, model.get_weights(), seen, short


CASES = {
    "an endless generator": (lambda k: (endless(),), {"steps_per_epoch": 3, "epochs": 4}),
    "a generator that ends": (lambda k: (finite(),), {}),
    "one that ends, twice": (lambda k: (finite(),), {"epochs": 2}),
    "one that ends early": (lambda k: (finite(),), {"epochs": 2, "steps_per_epoch": 3}),
    "a PyDataset, shuffled": (lambda k: (dataset(k),), {"epochs": 3}),
    "a PyDataset in order": (lambda k: (dataset(k),), {"epochs": 3, "shuffle": False}),
    "a PyDataset that turns": (lambda k: (dataset(k, turns=True),), {"epochs": 3, "shuffle": False}),
    "weights in the batches": (lambda k: (dataset(k, weighted=True),), {"epochs": 2}),
    "weights of classes": (lambda k: (dataset(k),), {"epochs": 2, "class_weight": {0: 1.0, 1: 3.0}}),
    "part of a PyDataset": (lambda k: (dataset(k),), {"epochs": 4, "steps_per_epoch": 2, "shuffle": False}),
    "more than a PyDataset": (lambda k: (dataset(k),), {"epochs": 2, "steps_per_epoch": 7, "shuffle": False}),
    "steps of arrays": (lambda k: (X, Y), {"epochs": 4, "steps_per_epoch": 3, "batch_size": 4}),
    "steps that give the size": (lambda k: (X, Y), {"epochs": 2, "steps_per_epoch": 3}),
    "more steps than arrays": (lambda k: (X, Y), {"epochs": 2, "steps_per_epoch": 9, "batch_size": 4}),
    "validation now and then": (lambda k: (X, Y), {"epochs": 5, "validation_data": (X, Y), "validation_freq": 2}),
    "validation after some": (lambda k: (X, Y), {"epochs": 5, "validation_split": 0.2, "validation_freq": [1, 4]}),
    "a part of the validation": (
        lambda k: (X, Y),
        {"epochs": 2, "validation_data": (X, Y), "validation_steps": 2, "validation_batch_size": 3},
    ),
    "validation by a PyDataset": (lambda k: (dataset(k),), {"epochs": 2, "validation_data": dataset}),
    "validation by a generator, which begins with the same two batches each time": (
        lambda k: (X, Y),
        {"epochs": 3, "validation_data": lambda k: endless(), "validation_steps": 2},
    ),
    "steps of a PyDataset": (
        lambda k: (X, Y),
        {"epochs": 2, "validation_data": dataset, "validation_steps": 2},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_training_is_keras(case):
    data, options = CASES[case]
    (log, weights, seen, short), (k_log, k_weights, k_seen, k_short) = (
        trained(k, data, **options) for k in (tinydnn, keras)
    )
    assert short == k_short
    assert [step for step, *_ in seen.batches] == [step for step, *_ in k_seen.batches]
    assert seen.epochs == k_seen.epochs
    np.testing.assert_allclose(seen.batches, k_seen.batches, rtol=2e-5, atol=2e-6)
    assert list(log) == list(k_log)
    for name in log:
        np.testing.assert_allclose(log[name], k_log[name], rtol=2e-5, atol=2e-6, err_msg=name)
    for ours, theirs in zip(weights, k_weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


def test_the_hooks_of_a_dataset_are_called_as_by_keras():
    calls = []
    for k in (tinydnn, keras):
        data = dataset(k)
        trained(k, lambda k, data=data: (data,), epochs=2)
        calls.append(list(data.calls))
    assert calls[0] == calls[1] == ["end", "begin", "end", "begin", "end"]


@pytest.mark.parametrize(
    ("data", "steps"),
    [(lambda k: (finite(),), None), (lambda k: (finite(),), 3), (lambda k: (dataset(k),), None),
     (lambda k: (dataset(k),), 2), (lambda k: (X, Y), 3)],
)  # fmt: skip
def test_an_evaluation_and_predictions_are_keras(data, steps):
    found = []
    for k in (tinydnn, keras):
        k.utils.set_random_seed(3)
        model = k.Sequential([k.Input((3,)), k.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = data(k)[0] if len(data(k)) == 1 else X
            found.append((model.evaluate(*data(k), steps=steps, verbose=0), model.predict(x, steps=steps, verbose=0)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    assert found[0][1].shape == found[1][1].shape
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5)


def test_params_have_keras_steps():
    """None where nobody knows how many there will be."""
    for data, options in [(lambda k: (finite(),), {}), (lambda k: (endless(),), {"steps_per_epoch": 3}),
                          (lambda k: (dataset(k),), {}), (lambda k: (X, Y), {"batch_size": 6})]:  # fmt: skip
        found = []
        for k in (tinydnn, keras):
            model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
            model.compile("sgd", "mse")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(model.fit(*data(k), verbose=0, **options).params["steps"])
        assert found[0] == found[1]
