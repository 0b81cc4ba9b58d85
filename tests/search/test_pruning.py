"""PruningCallback in a program of one's own."""

import sys

import numpy as np
import optuna
import pytest

import tinydnn as keras


def fitted(rng, callback, **arguments):
    x, y = rng.normal(size=(64, 5)), np.eye(2)[rng.integers(0, 2, 64)]
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, epochs=5, verbose=0, callbacks=[callback], validation_split=0.25, **arguments)


def test_each_epochs_value_is_reported(rng):
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.NopPruner())
    trial = study.ask()
    history = fitted(rng, keras.search.PruningCallback(trial)).history
    reported = study.trials[0].intermediate_values
    assert list(reported) == [0, 1, 2, 3, 4]
    assert list(reported.values()) == history["val_accuracy"]


def test_a_trial_without_hope_ends_as_pruned(rng):
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.01, n_warmup_steps=1))

    def objective(trial):
        fitted(rng, keras.search.PruningCallback(trial, monitor="val_loss"))
        raise AssertionError("it was to be pruned")

    study.optimize(objective, n_trials=1)
    (trial,) = study.trials
    assert (trial.state.name, len(trial.intermediate_values)) == ("PRUNED", 2)


def test_a_value_that_is_not_logged_is_named_in_a_warning(rng):
    trial = optuna.create_study().ask()
    with pytest.warns(UserWarning, match=r"watches 'val_auc', which this training doesn't log. It logs: .*val_loss"):
        fitted(rng, keras.search.PruningCallback(trial, "val_auc"))


def test_without_optuna_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "tinydnn\[search\]"'):
        keras.search.PruningCallback(None)
