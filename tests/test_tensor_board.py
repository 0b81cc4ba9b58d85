"""TensorBoard: its files have the tags, steps and numbers that Keras writes, and tensorboard itself reads them."""

import json
import sys

import numpy as np
import pytest

import tinydnn as keras

X, Y = np.random.default_rng(0).random((12, 3)), np.arange(12) % 2


def net():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid", name="last")], name="net")
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def events(folder):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.iterdir()
    return [
        (value.tag, event.step, value)
        for event in loader.EventFileLoader(str(path)).Load()
        for value in event.summary.value
    ]


def scalars(folder):
    from tensorboard.util.tensor_util import make_ndarray

    found = events(folder)
    return {(tag, step): float(make_ndarray(value.tensor)) for tag, step, value in found if value.tensor.dtype == 1}


def test_an_epoch_has_the_scalars_of_its_log(tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(tmp_path, write_graph=False)
    log = net().fit(X, Y, 4, 2, verbose=0, validation_data=(X, Y), callbacks=[board]).history
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    names = ["epoch_accuracy", "epoch_learning_rate", "epoch_loss"]
    assert sorted(train) == [(name, epoch) for name in names for epoch in (0, 1)]
    for epoch in (0, 1):
        assert train["epoch_loss", epoch] == pytest.approx(log["loss"][epoch])
        assert validation["epoch_loss", epoch] == pytest.approx(log["val_loss"][epoch])
        assert validation["evaluation_accuracy_vs_iterations", 3 * epoch + 3] == pytest.approx(
            log["val_accuracy"][epoch]
        )
    assert train["epoch_learning_rate", 0] == pytest.approx(0.01)
    assert len(validation) == 8


def test_batches_are_written_where_asked(tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(tmp_path, write_graph=False, update_freq=2)
    net().fit(X, Y, 2, 1, verbose=0, callbacks=[board])
    steps = [step for tag, step in scalars(tmp_path / "train") if tag == "batch_loss"]
    assert steps == [2, 4, 6]


def test_histograms_and_the_layers_are_written(tmp_path):
    pytest.importorskip("tensorboard")
    model = net()
    model.fit(X, Y, 4, 3, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path, histogram_freq=2)])
    found = events(tmp_path / "train")
    histograms = [(tag, step) for tag, step, _ in found if tag.endswith("histogram")]
    assert histograms == [(f"net/last/{name}/histogram", step) for step in (0, 2) for name in ("kernel", "bias")]
    (layers,) = [value for tag, _, value in found if tag == "keras"]
    assert layers.metadata.plugin_data.plugin_name == "graph_keras_model"
    assert json.loads(layers.tensor.string_val[0]) == json.loads(model.to_json())


def test_an_evaluation_closes_its_file(tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(tmp_path)
    net().evaluate(X, Y, verbose=0, callbacks=[board])
    assert ("evaluation_loss_vs_iterations", 0) in scalars(tmp_path / "validation")


@pytest.mark.parametrize("arguments", [{"write_images": True}, {"profile_batch": (2, 4)}, {"embeddings_freq": 1}])
def test_what_it_does_not_write_is_refused(arguments):
    with pytest.raises(ValueError, match=f"has no {next(iter(arguments))}"):
        keras.callbacks.TensorBoard(**arguments)


def test_without_the_package_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match=r"tinydnn\[tensorboard\]"):
        net().fit(X, Y, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path)])
