"""Which settings a search may choose from: what is taken, what is refused, and what a trial draws."""

import optuna
import pytest

from tinydnn.search.space import Space, read_text, read_toml


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"layer": [1, 2]}, "has no bounds 'layer'. It has: epochs, layers, units"),
        ({"layers": [2, 1]}, r"layers expects whole numbers from 0 to .*Received: layers=\[2, 1\]"),
        ({"layers": 1.5}, "layers expects whole numbers"),
        ({"layers": True}, "layers expects whole numbers"),
        ({"units": [0, 8]}, "units expects whole numbers from 1"),
        ({"units": []}, "units expects"),
        ({"units": [8, 16, 32]}, "units expects"),
        ({"units": "many"}, "units expects"),
        ({"learning_rate": [0, 0.1]}, "learning_rate expects numbers from 1e-30"),
        ({"learning_rate": float("nan")}, "learning_rate expects"),
        ({"learning_rate": float("inf")}, "learning_rate expects"),
        ({"decay_rate": [0.9, 1.1]}, "decay_rate expects numbers from 1e-30 to 1"),
        ({"dropout": [0, 1.5]}, "dropout expects numbers from 0 to 1"),
        ({"l2": [0, 0.1]}, "l2 is drawn on a logarithmic scale, from above 0; or give 0 alone"),
        ({"epochs": [1, 2]}, "epochs expects one whole number from 1 on"),
        ({"epochs": 0}, "epochs expects one whole number"),
        ({"activation": []}, "activation expects a name or several different ones"),
        ({"activation": ["relu", "relu"]}, "activation expects a name or several different ones"),
        ({"activation": ["relu", 1]}, "activation expects a name"),
        ({"activation": "rellu"}, "rellu"),
        ({"optimizer": "sgd(speed=1)"}, "speed"),
        ({"input": ["raw", "grey"]}, "input expects raw, scaled or both"),
    ],
)
def test_bounds_that_make_no_sense_are_refused_by_name(bounds, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Space.of(bounds)


def test_options_and_toml_say_the_same(tmp_path):
    path = tmp_path / "space.toml"
    lines = "layers = 2", "units = [64, 512]", "l2 = 0", "learning_rate = [1e-4, 1]"
    path.write_text("\n".join(lines) + '\noptimizer = ["adam", "sgd(0.1, momentum=0.9)"]\n')
    texts = {
        "layers": "2",
        "units": "64, 512",
        "optimizer": "adam,sgd(0.1, momentum=0.9)",
        "l2": "0",
        "learning_rate": "1e-4,1",
    }
    space = Space.of({key: read_text(text) for key, text in texts.items()})
    assert Space.of(read_toml(path)) == space == Space.of(space.to_json())
    assert (space.layers, space.units, space.l2, space.learning_rate) == ((2, 2), (64, 512), (0.0, 0.0), (1e-4, 1.0))
    assert space.optimizer == ("adam", "sgd(0.1, momentum=0.9)")
    path.write_text("units = 64, 512")
    with pytest.raises(ValueError, match=r"space\.toml: expected bounds in TOML"):
        read_toml(path)


def test_a_trial_draws_within_the_bounds_and_what_is_fixed_is_no_parameter():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    space = Space.of(
        {"layers": [0, 3], "units": [8, 32], "activation": "elu", "dropout": 0, "batch_size": 64, "epochs": 7}
    )
    depths = set()
    for _ in range(40):
        trial = study.ask()
        settings = space.draw(trial)
        depths.add(len(settings.hidden))
        assert all(8 <= units <= 32 for units in settings.hidden)
        assert (settings.activation, settings.dropout, settings.batch_size, settings.epochs) == ("elu", 0.0, 64, 7)
        assert space.learning_rate[0] <= settings.learning_rate <= space.learning_rate[1]
        assert not {"activation", "dropout", "batch_size"} & set(trial.params)
        assert space.draw(optuna.trial.FixedTrial(trial.params)) == settings
    assert depths == {0, 1, 2, 3}
