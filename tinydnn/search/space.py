"""Which settings a search may choose from: a range of each number, and a list of each name."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinydnn.inspect.net import Settings, make_model
from tinydnn.names import numbered_anew

if TYPE_CHECKING:
    import optuna

Whole = tuple[int, int]
Real = tuple[float, float]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Space:
    """The bounds: (low, high) of each number, both included; the names to choose from.

    A number whose bounds are equal, and a name that is alone, are fixed. Units, batch sizes, learning rates and L2
    are drawn on a logarithmic scale: from 32 to 64 is as far as from 512 to 1024.

    epochs: of a trial that is not pruned.
    layers: how many hidden layers.
    units: of each hidden layer.
    The others are those of Settings.
    """

    epochs: int = 20
    layers: Whole = (1, 3)
    units: Whole = (32, 1024)
    activation: Names = ("relu", "elu", "silu", "sigmoid")
    optimizer: Names = ("adam", "rmsprop", "sgd(momentum=0.9)")
    learning_rate: Real = (1e-4, 3e-2)
    decay_rate: Real = (0.8, 1.0)
    batch_size: Whole = (64, 512)
    input: Names = ("raw", "scaled")
    dropout: Real = (0.0, 0.5)
    input_dropout: Real = (0.0, 0.3)
    l2: Real = (1e-7, 1e-3)

    @classmethod
    def of(cls, bounds: Mapping[str, Any]) -> "Space":
        """A space with these bounds, and the defaults of the others.

        bounds: for a number itself or [low, high], for a name itself or a list.

        Raises:
            ValueError: an unknown key, a bound of another type or out of range, or an unknown name.
        """
        known = [field.name for field in fields(cls)]
        for key in bounds.keys() - set(known):
            raise ValueError(f"A search has no bounds {key!r}. It has: {', '.join(known)}")
        values = {key: _checked(key, value) for key, value in bounds.items()}
        space = cls(**values)
        with numbered_anew():
            for activation in space.activation:
                make_model(Settings(hidden=(1,), activation=activation, device="cpu"))
            for optimizer in space.optimizer:
                make_model(Settings(hidden=(), optimizer=optimizer, device="cpu"))
        return space

    def to_json(self) -> dict[str, Any]:
        """The bounds as JSON has them; `of` makes the same space of it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def draw(self, trial: "optuna.trial.BaseTrial") -> Settings:
        """The settings of a trial: drawn where it is under way, or what was drawn where it has ended."""

        def number(name: str, key: str | None = None) -> Any:
            kind, (low, high) = _NUMBERS[name], getattr(self, name)
            if low == high:
                return low
            suggest: Any = trial.suggest_int if kind.type is int else trial.suggest_float
            return suggest(key or name, low, high, log=kind.log)

        def name(name: str) -> Any:
            names = getattr(self, name)
            return trial.suggest_categorical(name, names) if len(names) > 1 else names[0]

        layers = number("layers")
        return Settings(
            epochs=self.epochs,
            hidden=tuple(number("units", f"units_{i + 1}") for i in range(layers)),
            **{each: name(each) for each in _NAMES},
            **{each: number(each) for each in _NUMBERS if each not in ("layers", "units")},
        )


def read_toml(path: Path) -> dict[str, Any]:
    """The bounds in a TOML file, such as `units = [64, 512]` and `activation = ["relu", "elu"]`.

    Raises:
        ValueError: it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected bounds in TOML, such as units = [64, 512]. Found: {error}") from None


def read_text(text: str) -> list[Any]:
    """The value of an option: numbers or names with commas between them, as in '64,512' or 'adam,sgd(momentum=0.9)'."""
    return [_number_or_name(part.strip()) for part in re.split(r",(?![^(]*\))", text)]


def _number_or_name(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


# -- what is allowed -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Number:
    """What a number may be: from least to most; log says whether it is drawn on a logarithmic scale."""

    type: type
    least: float
    most: float = 1e9
    log: bool = False

    def __str__(self) -> str:
        kind = "whole numbers" if self.type is int else "numbers"
        return f"{kind} from {self.least:g} to {self.most:g}"


_NUMBERS = {
    "layers": _Number(int, 0),
    "units": _Number(int, 1, log=True),
    "learning_rate": _Number(float, 1e-30, log=True),
    "decay_rate": _Number(float, 1e-30, 1),
    "batch_size": _Number(int, 1, log=True),
    "dropout": _Number(float, 0, 1),
    "input_dropout": _Number(float, 0, 1),
    "l2": _Number(float, 0, log=True),
}
_NAMES = "activation", "optimizer", "input"


def _checked(key: str, value: Any) -> Any:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if key in _NAMES:
        if not values or len(set(map(str, values))) < len(values) or not all(isinstance(each, str) for each in values):
            raise ValueError(f"{key} expects a name or several different ones. Received: {key}={value!r}")
        if key == "input" and not set(values) <= {"raw", "scaled"}:
            raise ValueError(f"input expects raw, scaled or both. Received: input={value!r}")
        return tuple(values)
    if key == "epochs":
        if len(values) != 1 or type(values[0]) is not int or values[0] < 1:
            raise ValueError(f"epochs expects one whole number from 1 on. Received: epochs={value!r}")
        return values[0]
    return _checked_number(key, value, values, _NUMBERS[key])


def _checked_number(key: str, value: Any, values: list[Any], number: _Number) -> tuple[Any, Any]:
    of_type = all(type(each) is int or type(each) is number.type for each in values)
    if len(values) not in (1, 2) or not of_type or not number.least <= values[0] <= values[-1] <= number.most:
        raise ValueError(f"{key} expects {number}: one, or the lower and the upper bound. Received: {key}={value!r}")
    low, high = map(number.type, (values[0], values[-1]))
    if number.log and low == 0 < high:
        raise ValueError(f"{key} is drawn on a logarithmic scale, from above 0; or give 0 alone. Received: {value!r}")
    return low, high
