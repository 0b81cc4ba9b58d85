"""fit, evaluate and predict: what they compute, in which order, on which rows, with how many threads."""

import signal
import threading

import numpy as np
import pytest
import textbook
from tolerances import (
    GOLDEN_FLOAT64,
    GOLDEN_SIX_DECIMALS,
    OTHER_THREAD_COUNT,
    SAME_FLOAT32,
    SAME_FLOAT64,
)

import tinydnn as keras
from tinydnn import layers, random
from tinydnn.device import programs, threads
from tinydnn.device.backend import Backend
from tinydnn.device.memory import share
from tinydnn.engine.averages import Averages
from tinydnn.engine.data import Data
from tinydnn.engine.passes import Pass, Workspace


def walkthrough_net(dtype="float32", threads=2, scaled=False):
    model = keras.Sequential(threads=threads)
    model.add(layers.Input((28, 28), dtype=dtype))
    if scaled:
        model.add(layers.Rescaling(1 / 255, dtype=dtype))
    model.add(layers.Reshape((28 * 28,), dtype=dtype))
    model.add(layers.Dense(324, activation="sigmoid", dtype=dtype))
    model.add(layers.Dense(36, activation="sigmoid", dtype=dtype))
    model.add(layers.Dense(10, activation="softmax", dtype=dtype))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


def small_net(threads=2, dtype="float64", optimizer="rmsprop", loss="mse", metrics=None, last=None):
    model = keras.Sequential([keras.Input((3,), dtype=dtype)], threads=threads)
    model.add(layers.Dense(5, activation="tanh", dtype=dtype))
    model.add(layers.Dense(2, activation=last, dtype=dtype))
    model.compile(optimizer, loss, metrics=metrics)
    return model


# -- against Keras' golden figures -------------------------------------------------------------------


def test_two_epochs_in_float32_give_keras_figures(mnist):
    keras.utils.set_random_seed(42)
    (x, y), _ = mnist
    history = walkthrough_net().fit(
        x / np.float32(255), keras.utils.to_categorical(y), 512, epochs=2, validation_split=0.2, verbose=0
    )
    golden = {
        "accuracy": [0.670979, 0.852104],
        "loss": [1.529831, 0.743632],
        "val_accuracy": [0.827167, 0.886667],
        "val_loss": [0.950635, 0.543618],
    }
    assert list(history.history) == list(golden)
    assert history.epoch == [0, 1]
    for name, values in golden.items():
        np.testing.assert_allclose(history.history[name], values, rtol=0, atol=GOLDEN_SIX_DECIMALS)


def test_an_epoch_in_float64_gives_keras_figures(mnist):
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(42)
    (x, y), _ = mnist
    history = walkthrough_net("float64").fit(
        x / 255, keras.utils.to_categorical(y), 512, validation_split=0.2, shuffle=False, verbose=0
    )
    golden = {
        "loss": 1.5225265636472138,
        "accuracy": 0.6498125,
        "val_loss": 0.9820080128685863,
        "val_accuracy": 0.81625,
    }
    for name, value in golden.items():
        assert history.history[name] == pytest.approx([value], rel=0, abs=GOLDEN_FLOAT64)


def test_twenty_epochs_reach_what_the_walkthrough_reached(mnist):
    keras.utils.set_random_seed(1)
    (x, y), (x_test, y_test) = mnist
    model = walkthrough_net()
    history = model.fit(x, keras.utils.to_categorical(y), 512, epochs=20, validation_split=0.2, verbose=0).history
    loss, accuracy = model.evaluate(x_test, keras.utils.to_categorical(y_test), verbose=0)
    assert accuracy >= 0.960
    assert 0.10 <= loss <= 0.13
    assert history["accuracy"][-1] > 0.97
    assert history["val_accuracy"][-1] > 0.955


# -- rows and averages -------------------------------------------------------------------------------


def test_epochs_follow_the_textbook_with_a_smaller_last_batch(rng):
    """Steps, order, the last batch's own mean, and the epoch's averages, each on the weights before its update."""
    x, y = rng.normal(size=(11, 3)), rng.normal(size=(11, 2))
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(5)
    model = small_net()
    weights = model.get_weights()
    history = model.fit(x, y, batch_size=4, epochs=3, verbose=0).history

    optimizers = [textbook.RMSprop() for _ in weights]
    order = random.permutation(11)
    for epoch in range(3):
        total = 0.0
        for rows in (order[:4], order[4:8], order[8:]):
            loss, gradients = textbook.loss_and_gradients(weights, ["tanh", "linear"], x[rows], y[rows], "mse")
            total += loss * len(rows)
            weights = [o.step(w, g) for o, w, g in zip(optimizers, weights, gradients, strict=True)]
        assert history["loss"][epoch] == pytest.approx(total / 11, rel=SAME_FLOAT64)
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=SAME_FLOAT64)


def test_validation_takes_the_last_samples_and_the_final_weights(rng):
    x, y = rng.normal(size=(10, 3)), rng.normal(size=(10, 2))
    model = small_net()
    history = model.fit(x, y, batch_size=3, epochs=2, validation_split=0.25, verbose=0).history
    assert history["val_loss"][-1] == model.evaluate(x[7:], y[7:], verbose=0)  # floor(10 * 0.75) = 7
    again = small_net()
    again.set_weights(model.get_weights())
    assert model.fit(x, y, validation_data=(x[7:], y[7:]), verbose=0).history["val_loss"][-1] == model.evaluate(
        x[7:], y[7:], verbose=0
    )


def test_shuffle_false_takes_the_samples_as_they_are(rng):
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    one, other = small_net(), small_net()
    other.set_weights(one.get_weights())
    one.fit(x, y, batch_size=3, shuffle=False, verbose=0)
    for rows in (slice(0, 3), slice(3, 6), slice(6, 8)):
        other.train_on_batch(x[rows], y[rows])
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_integer_labels_train_like_one_hot_rows(rng):
    x, labels = rng.normal(size=(9, 3)), rng.integers(0, 2, 9)
    results = []
    for loss, y in [
        ("sparse_categorical_crossentropy", labels),
        ("sparse_categorical_crossentropy", labels[:, None].astype(np.uint8)),
        ("categorical_crossentropy", keras.utils.to_categorical(labels, 2)),
    ]:
        keras.utils.set_random_seed(1)
        model = small_net(loss=loss, metrics=["accuracy"], last="softmax")
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        results.append((model.evaluate(x, y, verbose=0), model.get_weights()))
    for logs, weights in results[1:]:
        assert logs == results[0][0]
        for a, b in zip(weights, results[0][1], strict=True):
            np.testing.assert_array_equal(a, b)


def test_logits_with_from_logits_train_like_a_softmax(rng):
    x, y = rng.normal(size=(9, 3)), np.eye(2)[rng.integers(0, 2, 9)]
    softmax = small_net(loss="categorical_crossentropy", last="softmax")
    logits = small_net(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
    logits.set_weights(softmax.get_weights())
    softmax.fit(x, y, verbose=0)
    logits.fit(x, y, verbose=0)
    for a, b in zip(softmax.get_weights(), logits.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_from_logits_behind_a_softmax_is_warned_of(rng):
    model = small_net(loss=keras.losses.CategoricalCrossentropy(from_logits=True), last="softmax")
    with pytest.warns(UserWarning, match="from_logits=True, but the model ends in a softmax"):
        model.fit(rng.normal(size=(4, 3)), np.eye(2)[[0, 1, 0, 1]], verbose=0)


def test_evaluate_and_predict_do_not_depend_on_batch_size(rng):
    x, y = rng.normal(size=(23, 3)), rng.normal(size=(23, 2))
    model = small_net()
    for batch_size in (1, 5, 23, 100):
        np.testing.assert_allclose(
            model.predict(x, batch_size=batch_size, verbose=0), model(x), rtol=0, atol=SAME_FLOAT64
        )
        assert model.evaluate(x, y, batch_size=batch_size, verbose=0) == pytest.approx(
            np.mean((model(x) - y) ** 2), rel=SAME_FLOAT64
        )


def test_regularizers_are_part_of_the_loss_in_fit_and_evaluate(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2))])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    W = model.layers[0].kernel
    expected = np.mean((model(x) - y) ** 2) + 0.1 * np.abs(W).sum() + 0.2 * (W**2).sum()
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=SAME_FLOAT32)
    history = model.fit(x, y, batch_size=4, validation_data=(x, y), verbose=0).history
    assert history["val_loss"] == pytest.approx([expected], rel=SAME_FLOAT32)
    assert history["loss"] == pytest.approx([expected], rel=SAME_FLOAT32)


def test_results_come_as_keras_returns_them(rng):
    x, y = rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 0, 1, 1, 0]]
    plain, with_metric = small_net(), small_net(metrics=["accuracy"])
    assert isinstance(plain.evaluate(x, y, verbose=0), float)
    assert isinstance(plain.train_on_batch(x, y), float)
    loss, accuracy = with_metric.evaluate(x, y, verbose=0)
    assert with_metric.test_on_batch(x, y, return_dict=True) == {"accuracy": accuracy, "loss": loss}
    assert list(with_metric.fit(x, y, verbose=0).history) == ["accuracy", "loss"]
    assert plain.predict(x, verbose=0).dtype == np.float64
    assert plain.predict(x, verbose=0).shape == (6, 2)


def test_a_model_is_built_by_its_first_data(rng):
    x, y = rng.normal(size=(6, 3)).astype(np.float32), rng.normal(size=(6, 1))
    for first in ("fit", "predict", "evaluate", "train_on_batch", "call", "build"):
        model = keras.Sequential([layers.Dense(4), layers.Dense(1)])
        model.compile("sgd", "mse")
        assert not model.built
        run = {
            "fit": lambda model=model: model.fit(x, y, verbose=0),
            "predict": lambda model=model: model.predict(x, verbose=0),
            "evaluate": lambda model=model: model.evaluate(x, y, verbose=0),
            "train_on_batch": lambda model=model: model.train_on_batch(x, y),
            "call": lambda model=model: model(x),
            "build": lambda model=model: model.build((None, 3)),
        }[first]
        run()
        assert model.built
        assert model.count_params() == 3 * 4 + 4 + 4 + 1


def test_layers_added_later_leave_the_weights_of_the_others(rng):
    model = keras.Sequential([layers.Dense(4, input_shape=(3,))])
    before = model.get_weights()
    model.add(layers.Dense(2))
    after = model.get_weights()
    assert [w.shape for w in after] == [(3, 4), (4,), (4, 2), (2,)]
    for a, b in zip(before, after[:2], strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.shares_memory(model.layers[0].kernel, model.parameters)


def test_fit_goes_on_where_it_ended_with_initial_epoch(rng):
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    whole, parts = small_net(), small_net()
    parts.set_weights(whole.get_weights())
    whole.fit(x, y, epochs=4, verbose=0)
    parts.fit(x, y, epochs=1, verbose=0)
    history = parts.fit(x, y, epochs=4, initial_epoch=1, verbose=0)
    assert history.epoch == [1, 2, 3]
    np.testing.assert_array_equal(whole.parameters, parts.parameters)


# -- threads -----------------------------------------------------------------------------------------


def trained(mnist, threads, dtype="float32"):
    keras.utils.set_random_seed(3)
    (x, y), _ = mnist
    model = walkthrough_net(dtype, threads, scaled=True)
    model.fit(x[:2600], keras.utils.to_categorical(y[:2600]), batch_size=128, verbose=0)  # 20 steps and a smaller one
    return model.parameters


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_same_number_of_threads_gives_the_same_bits(mnist, threads):
    np.testing.assert_array_equal(trained(mnist, threads), trained(mnist, threads))


def test_one_and_two_threads_agree(mnist):
    np.testing.assert_allclose(trained(mnist, 1), trained(mnist, 2), rtol=0, atol=OTHER_THREAD_COUNT)


def test_more_threads_than_rows(rng):
    x, y = rng.normal(size=(3, 3)), rng.normal(size=(3, 2))
    many, one = small_net(threads=8), small_net(threads=1)
    many.set_weights(one.get_weights())
    for model in (many, one):
        model.fit(x, y, batch_size=2, epochs=3, verbose=0)
    np.testing.assert_allclose(many.parameters, one.parameters, rtol=0, atol=SAME_FLOAT64)


def test_as_many_threads_as_have_enough_to_do_or_as_were_asked_for(monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 4)
    by_itself, asked = walkthrough_net(threads=None), walkthrough_net(threads=3)  # 266,410 weights
    assert [by_itself.threads_for(rows) for rows in (1, 32, 128, 512, 48_000)] == [1, 1, 2, 4, 4]
    assert [asked.threads_for(rows) for rows in (1, 2, 32, 512)] == [1, 2, 3, 3]


@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.01}])
@pytest.mark.parametrize("threads", [1, 2])
def test_an_update_in_pieces_gives_the_same_bits(monkeypatch, threads, options, rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))

    def trained(piece):
        monkeypatch.setattr(programs, "_PIECE", piece)
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((3,)), layers.Dense(9_000), layers.Dense(2)], threads=threads)
        model.compile(keras.optimizers.RMSprop(**options), "mse")
        before = model.get_weights()
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        assert all((old != new).all() for old, new in zip(before, model.get_weights(), strict=True))
        return model.parameters

    np.testing.assert_array_equal(trained(10_000), trained(10**9))


def test_threads_end_with_the_training_and_blas_gets_its_threads_back(rng):
    from threadpoolctl import threadpool_info, threadpool_limits

    def blas():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    threads_before, seen = set(threading.enumerate()), []

    def look(epoch, logs):
        seen.extend(set(threading.enumerate()) - threads_before)
        assert set(blas()) == {1}

    callback = keras.callbacks.LambdaCallback(on_epoch_end=look)
    with threadpool_limits(2, "blas"):
        before = blas()
        small_net(threads=3).fit(rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), callbacks=[callback], verbose=0)
        assert blas() == before != [1]
    assert len(seen) == 2
    for thread in seen:
        thread.join(timeout=5)
        assert not thread.is_alive()


def test_blas_is_held_to_one_thread_whichever_thread_trains(rng):
    """Not only the first thread that ever set a limit, which is all that newer versions of threadpoolctl obey."""
    from threadpoolctl import threadpool_info, threadpool_limits

    def blas():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def train():
        look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(blas()))
        small_net().fit(rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), callbacks=[look], verbose=0)
        seen.append(blas())

    seen = []
    with threadpool_limits(2, "blas"):
        train()
        for _ in range(2):
            other = threading.Thread(target=train)
            other.start()
            other.join()
    assert seen == [{1}, {2}] * 3


def test_an_error_in_a_thread_comes_out_after_the_others_have_ended():
    done = []

    def task(i):
        if i == 1:
            raise KeyError("in thread 1")
        done.append(i)

    with threads.Team(4) as team:
        with pytest.raises(KeyError, match="in thread 1"):
            team.run(task)
        assert sorted(done) == [0, 2, 3]
        done.clear()
        team.run(done.append)
        assert sorted(done) == [0, 1, 2, 3]


def test_two_trainings_at_the_same_time_give_what_each_gives_alone(rng):
    x, y = rng.normal(size=(200, 3)), rng.normal(size=(200, 2))
    start = small_net().get_weights()

    def train(model):
        model.fit(x, y, batch_size=8, epochs=3, verbose=0)

    models = [small_net() for _ in range(3)]
    for model in models:
        model.set_weights(start)
    train(models[0])
    workers = [threading.Thread(target=train, args=(model,)) for model in models[1:]]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for model in models[1:]:
        np.testing.assert_array_equal(model.parameters, models[0].parameters)


# -- when it goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [None, "l1l2"])
def test_a_loss_that_becomes_infinite_stops_and_keeps_good_weights(rng, penalty):
    x, y = rng.normal(size=(64, 3)).astype(np.float32), rng.normal(size=(64, 2))
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(5, kernel_regularizer=penalty), layers.Dense(2)], threads=2
    )
    model.compile(keras.optimizers.SGD(1e30), "mse")
    with pytest.raises(FloatingPointError, match=r"epoch 1, step \d of 8") as caught:
        model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    assert "learning rate is too large" in str(caught.value)
    assert np.isfinite(model.parameters).all()
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    model.optimizer.learning_rate = 1e-3
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


def test_an_infinite_loss_that_a_callback_is_shown_ends_the_training_at_once(rng):
    """Where nobody looks, it is found at the epoch's end; the message and the weights are the same."""
    x, y = rng.normal(size=(64, 3)).astype(np.float32), rng.normal(size=(64, 2))
    ends, seen = [], []
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    for callbacks in ([], [look]):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), layers.Dense(5), layers.Dense(2)], threads=2)
        model.compile(keras.optimizers.SGD(1e10), "mse")
        with pytest.raises(FloatingPointError) as caught:
            model.fit(x, y, batch_size=8, verbose=0, callbacks=callbacks)
        ends.append((str(caught.value), model.get_weights()))
    assert np.isfinite(seen).all()
    assert f"step {len(seen) + 1} of 8" in ends[0][0]
    assert ends[0][0] == ends[1][0]
    for a, b in zip(ends[0][1], ends[1][1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_loss_and_accuracy_are_added_up_once_an_epoch_where_nobody_looks_at_batches(rng, monkeypatch):
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    reads = []
    read = Averages._means
    monkeypatch.setattr(Averages, "_means", lambda self, steps: reads.append(steps) or read(self, steps))
    small_net().fit(x, y, batch_size=4, epochs=2, verbose=0)
    assert reads == [10, 10]
    reads.clear()
    look = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: None)
    small_net().fit(x, y, batch_size=4, verbose=0, callbacks=[look])
    assert reads == [*range(1, 11), 10]


def test_vectors_begin_where_a_cache_line_does(rng):
    model = keras.Sequential([keras.Input((100,)), layers.Dense(100)])
    model.compile("rmsprop", "mse")
    model.fit(rng.normal(size=(4, 100)), rng.normal(size=(4, 100)), verbose=0)
    for vector in (model.parameters, *model.optimizer.slots.values()):
        assert vector.ctypes.data % 64 == 0


def test_after_a_good_epoch_its_weights_are_the_ones_kept(rng):
    keras.config.set_floatx("float64")  # a learning rate of 1e200 has to fit
    x, y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
    model = small_net(optimizer=keras.optimizers.SGD(0.01))
    kept = []

    def explode(batch, logs):
        if model.optimizer.iterations == 10:  # the second step of the third epoch
            model.optimizer.learning_rate = 1e200

    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()), on_train_batch_end=explode
    )
    with pytest.raises(FloatingPointError, match="epoch 3, step 4 of 4"):
        model.fit(x, y, 4, epochs=5, verbose=0, callbacks=[callback])
    for a, b in zip(model.get_weights(), kept[-1], strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == 8


def test_train_on_batch_refuses_an_update_from_an_infinite_loss():
    model = small_net()
    model.set_weights([w + 1e200 for w in model.get_weights()])
    before = model.get_weights()
    with pytest.raises(FloatingPointError, match="left as they are"):
        model.train_on_batch(np.full((2, 3), 1e200), np.zeros((2, 2)))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_ctrl_c_ends_after_a_whole_step(rng):
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    keras.utils.set_random_seed(1)
    model = small_net()
    expected = small_net()
    expected.set_weights(model.get_weights())

    def press(batch, logs):
        if batch == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 4, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=press)])
    order = random.permutation(40)
    for start in (0, 4, 8):
        rows = order[start : start + 4]
        expected.train_on_batch(x[rows], y[rows])
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    assert model.optimizer.iterations == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_the_last_validation_is_not_lost(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    press = keras.callbacks.LambdaCallback(on_test_begin=lambda logs: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        small_net().fit(x, y, validation_data=(x, y), callbacks=[press], verbose=0)


def test_a_second_ctrl_c_is_not_waited_for(rng):
    def press_twice(batch, logs):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second Ctrl-C was swallowed")

    with pytest.raises(KeyboardInterrupt):
        small_net().fit(
            rng.normal(size=(4, 3)),
            rng.normal(size=(4, 2)),
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=press_twice)],
            verbose=0,
        )


def test_a_callback_that_raises_leaves_a_model_of_whole_steps(rng):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))

    def fail(batch, logs):
        if batch == 1:
            raise RuntimeError("mine")

    model = small_net()
    with pytest.raises(RuntimeError, match="mine"):
        model.fit(x, y, 4, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=fail)])
    assert model.optimizer.iterations == 2
    model.fit(x, y, verbose=0)


def test_no_row_is_gathered_from_outside_the_data():
    """Shares of a batch cover it exactly, whatever their number."""
    for n in range(1, 40):
        for parts in range(1, 9):
            for grain in (1, 4):
                cuts = [share(n, parts, i, grain) for i in range(parts)]
                assert [i for cut in cuts for i in range(cut.start, cut.stop)] == list(range(n))
                assert all(cut.start % grain == 0 for cut in cuts if cut.start < n)


def test_a_pass_that_has_looked_at_rows_in_place_does_not_gather_over_them(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    model = small_net(threads=1)
    data = Data(model, x, y)
    model.prepare_training((3,))
    kept = data.targets.copy()
    own = Pass(model, data, 2, Workspace(Backend().empty), training=True)
    for rows in (slice(0, 2), np.array([4, 5])):
        own.measure(
            rows, own.forward(rows), Averages(model, 2, 2, None, None, Workspace(model.backend.empty)).scores(0, 2)
        )
    np.testing.assert_array_equal(data.targets, kept)
    np.testing.assert_array_equal(y, kept)


def test_a_batch_may_be_larger_than_the_data_by_far(rng):
    """No memory is taken for rows that do not come."""
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    logs = []
    for batch_size in (6, 10**12):
        model = small_net(threads=1)
        model.set_weights([np.full(weight.shape, 0.1) for weight in model.get_weights()])
        logs.append(model.fit(x, y, batch_size, shuffle=False, verbose=0, validation_data=(x, y)).history)
        logs[-1]["after"] = model.evaluate(x, y, batch_size, verbose=0)
    assert logs[0] == logs[1]


def test_weights_are_held_to_their_constraints_after_every_update_by_any_number_of_threads(rng):
    x, y = rng.normal(size=(60, 4)), rng.normal(size=(60, 2))
    found = []
    for count in (1, 3, 3):
        keras.utils.set_random_seed(2)
        first = layers.Dense(5, kernel_constraint=keras.constraints.MaxNorm(0.5), bias_constraint="non_neg")
        model = keras.Sequential([keras.Input((4,)), first, layers.Dense(2)], threads=count)
        model.compile(keras.optimizers.SGD(0.3), "mse")
        norms, biases = [], []

        def look(batch, logs, first=first, norms=norms, biases=biases):
            norms.append(np.linalg.norm(first.kernel, axis=0).max())
            biases.append(first.bias.min())

        model.fit(x, y, 20, epochs=3, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=look)])
        assert len(norms) == 9
        assert 0.4999 < max(norms) < 0.500001
        assert min(biases) == 0
        found.append(model.get_weights())
    for one, three, again in zip(*found, strict=True):
        np.testing.assert_allclose(one, three, rtol=0, atol=1e-5)
        np.testing.assert_array_equal(three, again)


def penalized(device, threads, last="softmax"):
    keras.utils.set_random_seed(2)
    both = keras.regularizers.L1L2(0.125, 0.25)
    model = keras.Sequential([keras.Input((4,), dtype="float64")], device=device, threads=threads)
    model.add(layers.Dense(6, "tanh", bias_regularizer=both, activity_regularizer=both, dtype="float64"))
    model.add(layers.Dense(5, kernel_constraint="max_norm", bias_constraint="min_max_norm", dtype="float64"))
    model.add(layers.Dense(3, last, kernel_constraint="unit_norm", activity_regularizer=both, dtype="float64"))
    model.compile("adam", "categorical_crossentropy")
    return model


@pytest.mark.parametrize("last", ["softmax", "sigmoid"])
def test_penalties_on_outputs_are_the_same_for_threads_and_on_a_gpu(last, rng, gpu_stand_in):
    x, y = rng.normal(size=(50, 4)), np.eye(3)[rng.integers(0, 3, 50)]
    found = []
    for device, count in [("cpu", 1), ("cpu", 3), ("gpu", None)]:
        model = penalized(device, count, last)
        losses = model.fit(x, y, 20, epochs=3, verbose=0, validation_data=(x, y)).history
        found.append([*losses["loss"], *losses["val_loss"], *np.concatenate([w.ravel() for w in model.get_weights()])])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-12, atol=1e-14)


def test_the_penalty_on_outputs_is_the_mean_of_that_of_each_row(rng):
    x, y = rng.normal(size=(50, 4)), np.eye(3)[rng.integers(0, 3, 50)]
    model = penalized("cpu", 2)
    b = model.layers[0].bias
    b[...] = 0.5
    h = np.tanh(x @ model.layers[0].kernel + b)
    p = model.predict(x, verbose=0)
    expected = -np.log((p * y).sum(axis=1)).mean() + sum(
        0.125 * np.abs(a).sum() / n + 0.25 * (a**2).sum() / n for a, n in [(h, 50), (p, 50), (b, 1)]
    )
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=7, verbose=0), expected, rtol=1e-12)
