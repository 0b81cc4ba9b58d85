"""Shared and frozen layers: where their weights lie, and what a training changes."""

import copy
import pickle
import threading

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import callbacks, layers, models

X = np.random.default_rng(0).random((12, 5), dtype=np.float32)
Y = np.random.default_rng(1).random((12, 5), dtype=np.float32)


def autoencoder():
    """The whole, and its two halves, which share its layers."""
    keras.utils.set_random_seed(1)
    coder, decoder = layers.Dense(3, "relu", name="coder"), layers.Dense(5, name="decoder")
    whole = keras.Sequential([keras.Input((5,)), coder, decoder])
    return whole, keras.Sequential([keras.Input((5,)), coder]), keras.Sequential([keras.Input((3,)), decoder])


def step(model, x=X, y=Y, **kwargs):
    if not model.compiled:
        model.compile("adam", "mse")
    return model.train_on_batch(x, y, **kwargs)


# -- shared layers ---------------------------------------------------------------------------------------


def test_models_that_share_layers_read_the_same_weights():
    whole, encoder, decoder = autoencoder()
    for _ in range(3):
        step(whole)
        np.testing.assert_array_equal(decoder.predict(encoder.predict(X)), whole.predict(X))
    encoder.set_weights([w + 1 for w in encoder.get_weights()])
    np.testing.assert_array_equal(whole.get_weights()[0], encoder.get_weights()[0])


def test_the_model_that_trains_takes_the_weights_into_its_own_vector_and_keeps_its_slots():
    whole, encoder, _ = autoencoder()
    alone, _, _ = autoencoder()
    for model in (whole, alone):
        step(model)
    codes = X[:, :3]
    step(encoder, y=codes)
    assert np.shares_memory(encoder.layers[0].kernel, encoder.parameters)
    alone.layers[0].set_weights(encoder.get_weights())
    for model in (whole, alone):
        step(model)  # with the slots of its own first step
    assert np.shares_memory(whole.layers[0].kernel, whole.parameters)
    np.testing.assert_array_equal(whole.parameters, alone.parameters)
    assert whole.optimizer.iterations == 2
    assert encoder.optimizer.iterations == 1


def test_a_layer_that_was_built_keeps_its_weights_in_the_next_model():
    layer = layers.Dense(3)
    layer.build((5,))
    before = layer.get_weights()
    model = keras.Sequential([keras.Input((5,)), layer])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert np.shares_memory(layer.kernel, model.parameters)
    with pytest.raises(ValueError, match="was built for samples of shape"):
        keras.Sequential([keras.Input((4,)), layer])


def test_a_model_whose_layers_another_one_trains_may_read_them_and_not_train_them():
    whole, encoder, _ = autoencoder()
    encoder.compile("sgd", "mse")
    seen = []

    def meanwhile(batch, logs):
        seen.append(encoder.predict(X, verbose=0))
        with pytest.raises(RuntimeError, match=r"shares layer 'coder' with 'sequential.*being trained"):
            encoder.train_on_batch(X, X[:, :3])

    whole.compile("sgd", "mse")
    whole.fit(X, Y, batch_size=4, verbose=0, callbacks=[callbacks.LambdaCallback(on_train_batch_end=meanwhile)])
    assert len(seen) == 3
    assert not np.array_equal(seen[0], seen[2])
    step(encoder, y=X[:, :3])  # afterwards it may


def test_a_callback_may_build_a_model_from_the_layers_that_are_being_trained():
    whole, _, _ = autoencoder()
    seen = []

    def look(batch, logs):
        more = keras.Sequential([keras.Input((5,)), whole.layers[0], layers.Dense(2)])
        seen.append(more.predict(X, verbose=0).shape)

    whole.compile("sgd", "mse")
    whole.fit(X, Y, verbose=0, callbacks=[callbacks.LambdaCallback(on_train_batch_end=look)])
    assert seen == [(12, 2)]
    assert np.shares_memory(whole.layers[0].kernel, whole.parameters)


def test_two_trainings_at_once_of_shared_layers_are_refused_in_threads_too():
    whole, encoder, _ = autoencoder()
    for model in (whole, encoder):
        model.compile("sgd", "mse")
    begun, told = threading.Event(), threading.Event()
    wait = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: (begun.set(), told.wait(60)))
    thread = threading.Thread(target=lambda: whole.fit(X, Y, verbose=0, callbacks=[wait]))
    thread.start()
    try:
        assert begun.wait(60)
        with pytest.raises(RuntimeError, match="being trained"):
            encoder.fit(X, X[:, :3], verbose=0)
    finally:
        told.set()
        thread.join()
    encoder.fit(X, X[:, :3], verbose=0)


def test_a_training_that_fails_lets_the_layers_go():
    whole, encoder, _ = autoencoder()

    def fail(batch, logs):
        raise OSError("no more")

    whole.compile("sgd", "mse")
    with pytest.raises(OSError, match="no more"):
        whole.fit(X, Y, verbose=0, callbacks=[callbacks.LambdaCallback(on_train_batch_end=fail)])
    step(encoder, y=X[:, :3])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_models_that_are_copied_together_share_the_copies_of_their_layers(copied):
    whole, encoder, _ = autoencoder()
    step(whole)
    other, half = copied((whole, encoder))
    assert half.layers[0] is other.layers[0]
    before = whole.get_weights()
    step(other)
    np.testing.assert_array_equal(half.predict(X), keras.Sequential([other.layers[0]]).predict(X))
    np.testing.assert_array_equal(whole.get_weights()[0], before[0])


# -- frozen layers ---------------------------------------------------------------------------------------


def three(**first):
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, "tanh", **first), layers.Dense(4, "tanh"), layers.Dense(5)]
    )


@pytest.mark.parametrize("frozen", [[0], [1], [2], [0, 1], [0, 2]])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_frozen_layer_stays_and_the_others_move_as_if_it_were_not(frozen, optimizer):
    model, other = three(), three()
    for i in frozen:
        model.layers[i].trainable = False
    before = model.get_weights()
    for each in (model, other):
        each.compile(optimizer, "mse")
        step(each)
    for i in range(3):
        expected = before if i in frozen else other.get_weights()
        for ours, theirs in zip(model.layers[i].get_weights(), expected[2 * i : 2 * i + 2], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert model.layout.size == sum(w.size for w in model.trainable_weights)
    assert all(slot.size == model.layout.size for slot in model.optimizer.slots.values())


def test_a_frozen_layer_has_no_part_in_a_norm_in_weight_decay_or_in_penalties():
    settings = {"kernel_regularizer": "l2", "kernel_constraint": "max_norm"}
    model, free = three(trainable=False, **settings), three(**settings)
    for each in (model, free):
        each.compile(keras.optimizers.AdamW(weight_decay=0.5, global_clipnorm=1e-3), "mse")
    before = model.get_weights()
    loss, loss_of_free = step(model), step(free)
    assert loss < loss_of_free  # by the penalty
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert not np.array_equal(model.get_weights()[2], free.get_weights()[2])  # clipped by another norm


def test_what_is_trainable_counts_from_the_first_training_after_compile_on():
    model = three()
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    before = model.get_weights()
    step(model)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model.layers[0].trainable = True
    step(model)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])  # as in Keras
    model.compile("sgd", "mse")
    step(model)
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_fine_tuning_needs_a_new_optimizer_as_in_keras():
    model = three(trainable=False)
    optimizer = keras.optimizers.Adam()
    model.compile(optimizer, "mse")
    step(model)
    model.trainable = True
    model.compile(optimizer, "mse")
    with pytest.raises(ValueError, match="has trained another model, or other layers of this one"):
        step(model)
    model.compile("adam", "mse")
    before = model.get_weights()
    step(model)
    assert not any(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


def test_a_model_that_is_frozen_as_a_whole_measures_and_stays():
    model = three()
    model.trainable = False
    assert [layer.trainable for layer in model.layers] == [False] * 3
    before = model.get_weights()
    model.compile("adam", "mse")
    with pytest.warns(UserWarning, match="no weights to train, since its layers are not trainable"):
        loss = step(model)
    assert loss == pytest.approx(model.evaluate(X, Y, verbose=0))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert keras.Sequential([layers.Dense(2)], trainable=False).trainable_weights == []


def test_the_lists_of_weights_are_those_of_keras():
    model = three(trainable=False)
    kernel, bias = model.layers[0].weights
    assert [w.shape for w in model.trainable_weights] == [(4, 4), (4,), (4, 5), (5,)]
    assert model.non_trainable_weights[0] is kernel
    assert model.non_trainable_variables[1] is bias
    assert len(model.weights) == len(model.variables) == 6
    assert model.layers[1].trainable_variables == model.layers[1].weights
    assert model.layers[0].trainable_weights == []
    assert model.count_params() == 20 + 4 + 16 + 4 + 20 + 5


@pytest.mark.parametrize("bad", [None, 2, "no"])
def test_trainable_is_true_or_false(bad):
    with pytest.raises(ValueError, match="trainable expects True or False"):
        layers.Dense(1, trainable=bad)
    with pytest.raises(ValueError, match="trainable expects True or False"):
        keras.Sequential(trainable=bad)


def test_a_training_of_a_partly_frozen_model_goes_on_to_the_same_bits(tmp_path):
    def run(epochs):
        model = three(trainable=False)
        model.compile("adam", "mse")
        backup = callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
        model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=[backup] if epochs != 4 else None)
        return model

    whole = run(4)
    run(2)
    changed = three(trainable=False)
    changed.layers[0].set_weights([w * 0 for w in changed.layers[0].get_weights()])
    changed.compile("adam", "mse")
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.warns(UserWarning, match="goes on with epochs=4"):
        changed.fit(X, Y, batch_size=4, epochs=4, verbose=0, callbacks=[backup])
    for ours, theirs in zip(changed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)  # the frozen ones too


def test_files_keep_what_is_frozen(tmp_path):
    model = three(trainable=False)
    step(model)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert [layer.trainable for layer in loaded.layers] == [False, True, True]
    step(model), step(loaded)
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = models.model_from_json(model.to_json())
    assert [layer.trainable for layer in again.layers] == [False, True, True]


def test_a_model_that_was_frozen_after_its_training_opens_without_the_optimizers_state(tmp_path):
    """As in Keras, which warns too. A GAN's discriminator is such a model."""
    model = three()
    step(model)
    model.trainable = False
    model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="was left out: it is of a training in which other layers were trainable"):
        loaded = models.load_model(tmp_path / "m.keras")
    assert loaded.optimizer.iterations == 0
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    step(model)  # which goes on to learn, until it is compiled anew


def test_the_state_of_an_optimizer_that_no_layout_fits_any_more_is_saved_as_it_is(tmp_path):
    model = three()
    step(model)
    model.layers[0].trainable = False
    model.compile(model.optimizer, "mse")
    model.save(tmp_path / "m.keras")


def test_weights_stay_where_a_training_laid_them(monkeypatch):
    """To move them in every step would cost as much as to update them."""
    moved, move = [], layers.Layer.move
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    kernel = model.layers[0].kernel
    monkeypatch.setattr(layers.Layer, "move", lambda *arguments: moved.append(arguments) or move(*arguments))
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    model.fit(np.ones((4, 3)), np.ones((4, 2)), batch_size=1, verbose=0)
    assert not moved
    assert model.layers[0].kernel is kernel
