"""Batches from generators, PyDatasets and what can be iterated over, beside what keras_ref/test_streams.py compares."""

import itertools
import warnings

import numpy as np
import pytest

import tinydnn as keras

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("float32")


def net():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def batches(size=4, x=X):
    return [(x[i : i + size], Y[i : i + size]) for i in range(0, len(x), size)]


class Dataset(keras.utils.PyDataset):
    def __init__(self, given=None):
        super().__init__(workers=2, use_multiprocessing=True, max_queue_size=3)
        self.given = batches() if given is None else given

    def __len__(self):
        return len(self.given)

    def __getitem__(self, index):
        return self.given[index]


class Loader:
    """What can be iterated over again and again, as a DataLoader of PyTorch, with lists as batches."""

    def __iter__(self):
        return iter([list(each) for each in batches()])


class OnceLoader:
    """Gives batches in the first epoch alone."""

    def __init__(self):
        self.epochs = iter([batches(), batches()])  # one is looked at before

    def __iter__(self):
        return iter(next(self.epochs, []))


def generator(given):
    yield from given


def weights_after(*data, **options):
    model = net()
    model.fit(*data, verbose=0, **options)
    return model.get_weights()


@pytest.mark.parametrize(
    "data", [Dataset, Loader, lambda: itertools.cycle(batches())], ids=["PyDataset", "Loader", "cycle"]
)
def test_a_stream_trains_to_the_bits_of_the_arrays(data):
    expected = weights_after(X, Y, batch_size=4, epochs=3, shuffle=False)
    steps = {"steps_per_epoch": 3} if isinstance(data(), itertools.cycle) else {}
    for ours, theirs in zip(weights_after(data(), epochs=3, shuffle=False, **steps), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_batches_of_integers_and_of_floats_may_alternate():
    whole = np.round(X * 3).astype("int64")
    mixed = [(x if i % 2 else x.astype("float64"), y) for i, (x, y) in enumerate(batches(x=whole))]
    expected = weights_after(whole, Y, batch_size=4, shuffle=False)
    for ours, theirs in zip(weights_after(Dataset(mixed), shuffle=False), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_iterated_over_gives_no_warning_at_its_end():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(net().fit(Loader(), epochs=2, verbose=0).history["loss"]) == 2
        assert net().predict(Loader(), verbose=0).shape == (12, 1)


def test_an_epoch_is_never_empty():
    """Also where a round ended with the epoch before."""
    history = net().fit(Loader(), steps_per_epoch=3, epochs=3, verbose=0).history
    assert len(history["loss"]) == 3


def test_an_endless_dataset_takes_steps():
    class Endless(keras.utils.PyDataset):
        num_batches = None

        def __getitem__(self, index):
            return batches()[index % 3]

    expected = weights_after(X, Y, batch_size=4, epochs=2, shuffle=False)
    for ours, theirs in zip(weights_after(Endless(), steps_per_epoch=3, epochs=2), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


NAN = np.full((4, 3), np.nan, "float32")


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (lambda: generator([]), {}, ValueError, "at least one batch. Received: a generator without any"),
        (lambda: generator([*batches()[:2], (X[:4, :2], Y)]), {}, ValueError, "Batch 2 of the generator: x expects"),
        (lambda: generator([*batches(), (NAN, Y[:4])]), {}, ValueError, "Batch 3 of the generator: x .*NaN"),
        (lambda: generator([(X[:4], None)]), {}, ValueError, r"fit needs \(x, y\). Received: y=None"),
        (lambda: OnceLoader(), {"epochs": 2}, ValueError, "batches in each epoch. Received: a OnceLoader without"),
        (lambda: generator([X[:4]]), {}, ValueError, r"Batch 0 of the generator: fit needs \(x, y\)"),
        (lambda: generator([(X, Y, Y, Y)]), {}, ValueError, "Received: 4 parts"),
        (Dataset, {"y": Y}, ValueError, "y comes with the batches of a Dataset"),
        (Dataset, {"validation_split": 0.2}, ValueError, "validation_split"),
        (Dataset, {"steps_per_epoch": 0}, ValueError, "steps_per_epoch"),
        (Dataset, {"validation_freq": 0}, ValueError, "validation_freq expects a positive integer"),
        (Dataset, {"validation_freq": 1.5}, ValueError, "validation_freq"),
        (lambda: Dataset([]), {}, ValueError, "The number of batches of a Dataset"),
        (lambda: keras.utils.PyDataset(), {}, NotImplementedError, r"PyDataset needs a __len__\(self\)"),
    ],
)  # fmt: skip
def test_bad_batches_are_named(data, options, error, message):
    with pytest.raises(error, match=message):
        net().fit(data(), verbose=0, **options)


def test_a_bad_batch_leaves_the_weights_before_it():
    model = net()
    with pytest.raises(ValueError, match="Batch 1"):
        model.fit(generator([batches()[0], (X[:, :1], Y)]), verbose=0)
    expected = net()
    expected.train_on_batch(*batches()[0])
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_batch_size_beside_batches_warns():
    with pytest.warns(UserWarning, match="a Dataset gives whole batches"):
        net().fit(Dataset(), batch_size=2, verbose=0)


def test_a_loss_that_becomes_infinite_is_found_at_its_step():
    large = [*batches(), (X[:4] * 1e30, Y[:4])]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    with pytest.raises(FloatingPointError, match="epoch 1, step 4 of 5"):
        model.fit(generator([*large, large[0]]), steps_per_epoch=5, verbose=0)
    assert np.isfinite(model.get_weights()[0]).all()
    assert len(before) == 2


class StopError(Exception):
    pass


class CutOff(keras.callbacks.Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise StopError


@pytest.mark.filterwarnings("ignore:The data ran out")
@pytest.mark.parametrize("options", [{}, {"steps_per_epoch": 2}], ids=["rounds", "steps"])
def test_a_training_on_a_dataset_goes_on_to_the_same_bits(tmp_path, options):
    expected = net()
    expected.fit(Dataset(), epochs=4, verbose=0, **options)
    backup = keras.callbacks.BackupAndRestore(tmp_path)
    with pytest.raises(StopError):
        net().fit(Dataset(), epochs=4, verbose=0, callbacks=[CutOff(3), backup], **options)
    model, backup = net(), keras.callbacks.BackupAndRestore(tmp_path)
    with pytest.warns(UserWarning, match="goes on with the Dataset as it is now"):
        history = model.fit(Dataset(), epochs=4, verbose=0, callbacks=[CutOff(None), backup], **options).history
    assert history == expected.history.history
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.filterwarnings("ignore:The data ran out")
def test_steps_of_arrays_go_on_to_the_same_bits(tmp_path):
    def fit(callbacks):
        model = net()
        model.fit(X, Y, 2, epochs=5, steps_per_epoch=4, verbose=0, callbacks=callbacks)
        return model

    expected = fit([])
    for cut in (2, 4):  # within a round, and later in the same training
        with pytest.raises(StopError):
            fit([CutOff(cut), keras.callbacks.BackupAndRestore(tmp_path, save_freq=3)])
    model = fit([CutOff(None), keras.callbacks.BackupAndRestore(tmp_path, save_freq=3)])
    assert model.history.history == expected.history.history
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_within_an_epoch_a_stream_is_not_backed_up(tmp_path):
    with pytest.raises(ValueError, match="between two epochs only"):
        net().fit(Dataset(), verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path, save_freq=2)])


def test_a_line_says_how_many_steps_there_were(capsys):
    with pytest.warns(UserWarning, match="generator ran out, which ended the epoch"):
        net().fit(generator(batches()), verbose=2, epochs=2)
    lines = [line for line in capsys.readouterr().out.splitlines() if "step" in line]
    assert [line.split()[0] for line in lines] == ["3/3", "3/3"]  # as Keras has it, though the second had two


def test_a_validation_generator_begins_with_its_first_two_batches_and_goes_on_where_it_was():
    seen = []

    def endless():
        for i in itertools.count():
            seen.append(i)
            yield batches()[i % 3]

    model = net()
    log = model.fit(X, Y, epochs=2, verbose=0, validation_data=endless(), validation_steps=3).history
    x, y = (np.concatenate(parts) for parts in zip(*(batches()[i] for i in (0, 1, 0)), strict=True))
    assert log["val_loss"][1] == pytest.approx(model.evaluate(x, y, verbose=0)[0], rel=1e-6)
    assert seen == list(range(4))
