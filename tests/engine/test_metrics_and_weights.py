"""Metrics of sums and weighted samples in trainings: threads, a GPU, resumes, directions, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, metrics
from tinydnn.callbacks import BackupAndRestore, EarlyStopping, LambdaCallback

N = 53


def net(threads=1, device=None, loss="categorical_crossentropy"):
    keras.utils.set_random_seed(2)
    own = {"dtype": "float64"}
    model = keras.Sequential([keras.Input((4,), **own)], threads=threads, device=device)
    model.add(layers.Dense(6, "tanh", activity_regularizer="l1", kernel_regularizer="l2", **own))
    model.add(layers.Dense(3, "softmax", **own))
    counted = [metrics.AUC(name="auc"), metrics.Precision([0.2, 0.4], name="precision"), "kl_divergence"]
    weighted = [metrics.R2Score(), metrics.F1Score(), "accuracy", absolute_error, "categorical_crossentropy"]
    model.compile("adam", loss, loss_weights=0.5, metrics=counted, weighted_metrics=weighted)
    return model


def absolute_error(y_true, y_pred):
    return np.abs(y_true - y_pred)


def data(rng):
    x, y = rng.normal(size=(N, 4)), np.eye(3)[rng.integers(0, 3, N)]
    return x, y, rng.random(N) * 2


def figures(model, history):
    logged = [np.ravel(each) for values in history.history.values() for each in values]
    return np.concatenate([*logged, *(w.ravel() for w in model.get_weights())])


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mae", keras.losses.CosineSimilarity()])
def test_threads_and_a_gpu_give_the_same(rng, gpu_stand_in, loss):
    x, y, w = data(rng)
    found = []
    for threads, device in ((1, "cpu"), (3, "cpu"), (None, "gpu")):
        model = net(threads, device, loss)
        history = model.fit(x, y, 16, 3, 0, sample_weight=w, validation_data=(x, y, w[::-1]))
        found.append(figures(model, history))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9, atol=1e-12)


def test_looking_at_each_batch_changes_no_bit(rng):
    x, y, w = data(rng)
    looks = LambdaCallback(on_train_batch_end=lambda batch, logs: logs["auc"])
    found = []
    for callbacks in ([], [looks]):
        model = net(threads=2)
        found.append(figures(model, model.fit(x, y, 8, 2, 0, callbacks=callbacks, sample_weight=w)))
    np.testing.assert_array_equal(found[0], found[1])


class Cut(Exception):  # noqa: N818
    """The power is gone."""


def cut(batch, logs):
    if batch == 4:
        raise Cut


def test_a_resume_in_the_middle_of_an_epoch_gives_the_same_bits(rng, tmp_path):
    x, y, w = data(rng)
    backup = BackupAndRestore(tmp_path, save_freq=3)
    with pytest.raises(Cut):
        net().fit(x, y, 8, 2, 0, callbacks=[backup, LambdaCallback(on_train_batch_end=cut)], sample_weight=w)
    resumed, whole = net(), net()
    again = resumed.fit(x, y, 8, 2, 0, callbacks=[BackupAndRestore(tmp_path, save_freq=3)], sample_weight=w)
    np.testing.assert_array_equal(figures(resumed, again), figures(whole, whole.fit(x, y, 8, 2, 0, sample_weight=w)))


def test_a_resume_with_other_weights_is_refused(rng, tmp_path):
    x, y, w = data(rng)
    backup = BackupAndRestore(tmp_path, save_freq=3)
    with pytest.raises(Cut):
        net().fit(x, y, 8, 2, 0, callbacks=[backup, LambdaCallback(on_train_batch_end=cut)], sample_weight=w)
    for other in (None, w + 1):
        with pytest.raises(keras.FileFormatError, match="weights"):
            net().fit(x, y, 8, 2, 0, callbacks=[BackupAndRestore(tmp_path, save_freq=3)], sample_weight=other)


def test_a_resume_with_another_setting_of_a_metric_is_refused(rng, tmp_path):
    x, y, w = data(rng)
    backup = BackupAndRestore(tmp_path, save_freq=3)
    with pytest.raises(Cut):
        net().fit(x, y, 8, 2, 0, callbacks=[backup, LambdaCallback(on_train_batch_end=cut)], sample_weight=w)
    other = net()
    other.compile("adam", "mse", metrics=[metrics.AUC(num_thresholds=7, name="auc")])
    with pytest.raises(keras.FileFormatError, match="metric auc"):
        other.fit(x, y, 8, 2, 0, callbacks=[BackupAndRestore(tmp_path, save_freq=3)], sample_weight=w)


def test_a_weight_of_0_is_a_sample_that_is_not_there_but_counts_in_the_mean(rng):
    x, y, _ = data(rng)
    there = np.arange(N) % 3 > 0
    model = net()
    loss = model.evaluate(x, y, sample_weight=there.astype(float), verbose=0, return_dict=True)
    alone = model.evaluate(x[there], y[there], verbose=0, return_dict=True)
    for name in ("r2_score", "accuracy", "absolute_error", "categorical_crossentropy"):
        assert loss[name] == pytest.approx(alone[name], rel=1e-12)
    penalty = 0.01 * (model.layers[0].kernel ** 2).sum()
    outputs = keras.Sequential([keras.Input((4,), dtype="float64"), layers.Dense(6, "tanh", dtype="float64")])
    outputs.set_weights(model.layers[0].get_weights())
    of_outputs = 0.01 * np.abs(outputs.predict(x, verbose=0)).sum() / N
    expected = 0.5 * alone["categorical_crossentropy"] * there.sum() / N + penalty + of_outputs
    assert loss["loss"] == pytest.approx(expected, rel=1e-7)  # Keras' factor 0.01 is one of float32


def test_models_with_metrics_are_copied_and_pickled(rng):
    x, y, w = data(rng)
    model = net()
    model.fit(x, y, verbose=0, sample_weight=w)
    for other in (copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert str(other.evaluate(x, y, verbose=0)) == str(model.evaluate(x, y, verbose=0))


def test_several_numbers_of_one_metric_are_an_array_of_the_log_and_printed_as_their_mean(rng, capsys):
    x, y, _ = data(rng)
    model = net()
    history = model.fit(x, y, epochs=2, verbose=2).history
    assert [each.shape for each in history["f1_score"]] == [(3,), (3,)]
    assert f"f1_score: {np.mean(history['f1_score'][-1]):.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(("monitor", "is_best"), [("val_auc", np.argmax), ("kl_divergence", np.argmin)])
def test_directions_of_metrics_are_known(rng, monitor, is_best):
    x, y, _ = data(rng)
    stop = EarlyStopping(monitor, patience=50, restore_best_weights=True)
    history = net().fit(x, y, epochs=6, verbose=0, validation_data=(x, y), callbacks=[stop]).history
    assert stop.best_epoch == is_best(history[monitor])


def test_a_metric_without_a_direction_asks_for_one(rng):
    x, y, _ = data(rng)
    model = net()
    model.compile("sgd", "mse", metrics=[metrics.FalsePositives(name="wrong"), absolute_error])
    for name in ("wrong", "val_absolute_error"):
        with pytest.raises(ValueError, match=f"mode='min' or 'max' for monitor='{name}'"):
            model.fit(x, y, verbose=0, callbacks=[EarlyStopping(name)])


def test_labels_are_given_to_a_function_of_ones_own(rng):
    given = []

    def shares(y_true, y_pred):
        given.append((y_true.shape, y_true.dtype.kind, y_pred.shape))
        return float((y_pred.argmax(axis=1) == y_true[:, 0]).mean())

    x, y, _ = data(rng)
    model = net()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[shares, "accuracy"])
    found = model.evaluate(x, y.argmax(axis=1), batch_size=N, verbose=0, return_dict=True)
    assert found["shares"] == pytest.approx(found["accuracy"])
    assert given == [((N, 1), "i", (N, 3))]


def test_a_diverging_training_says_so_whatever_its_metrics(rng):
    x, y, _ = data(rng)
    model = net()
    with pytest.raises(FloatingPointError, match="The loss became"):
        model.fit(x * 1e200, y * 1e200, epochs=3, verbose=0, sample_weight=np.full(N, 1e200))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"loss": {"another": "mse"}}, ValueError, "loss expects the name of the last layer"),
        ({"loss": ["mse", "mae"]}, ValueError, "loss expects one for the model's only output"),
        ({"loss": "mse", "loss_weights": [1, 2]}, ValueError, "loss_weights expects one"),
        ({"loss": "mse", "loss_weights": -1}, ValueError, "loss_weights expects a finite number"),
        ({"loss": "mse", "metrics": "mae"}, TypeError, "metrics expects a list"),
        ({"loss": "mse", "weighted_metrics": "mae"}, TypeError, "weighted_metrics expects a list"),
        ({"loss": "mse", "metrics": [metrics.Mean()]}, TypeError, "metrics of targets and outputs"),
        ({"loss": absolute_error}, TypeError, "no gradient. Derive a class from tinydnn.losses.Loss"),
        ({"loss": "sparse_categorical_crossentropy", "metrics": ["auc"]}, ValueError, "can't be measured"),
    ],
)
def test_what_compile_refuses(arguments, error, message):
    model = net()
    before = model.loss, model.metrics
    with pytest.raises(error, match=message):
        model.compile("sgd", **arguments)
    assert (model.loss, model.metrics) == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.AUC(curve="R"), "curve expects"),
        (lambda: metrics.AUC(summation_method="left"), "summation_method expects"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds expects"),
        (lambda: metrics.Precision(1.5), "thresholds expects"),
        (lambda: metrics.F1Score("mean"), "average expects"),
        (lambda: metrics.R2Score("mean"), "class_aggregation expects"),
        (lambda: keras.losses.Huber(0), "delta expects"),
        (lambda: keras.losses.BinaryCrossentropy(label_smoothing=2), "label_smoothing expects"),
        (lambda: keras.losses.MeanSquaredError(reduction="median"), "reduction expects"),
        (lambda: metrics.Precision(class_id=3)(np.eye(3), np.eye(3)), "class_id expects one of the 3 outputs"),
    ],
)
def test_wrong_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_class_that_is_no_output_is_refused_before_the_training(rng):
    x, y, _ = data(rng)
    model = net()
    model.compile("sgd", "mse", metrics=[metrics.Recall(class_id=7)])
    before = model.get_weights()
    with pytest.raises(ValueError, match="class_id expects one of the 3 outputs"):
        model.fit(x, y, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_metrics_are_a_list_in_the_order_given():
    model = net()
    model.compile("sgd", "mse", metrics=["mae", "mse"])
    assert [metric.name for metric in model.metrics] == list(model.metrics_by_name) == ["mae", "mse"]
