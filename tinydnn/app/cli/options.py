"""The options that several commands share."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tinydnn import config
from tinydnn.app import runs
from tinydnn.app.cli.errors import wrong_use
from tinydnn.inspect.net import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
RunFolder = Annotated[Path, typer.Argument(exists=True, metavar="RUN", help="A run's folder, or a .keras file.")]
Data = Annotated[
    Path | None,
    typer.Option(exists=True, help="Digits in place of MNIST: an .npz in Keras' layout, or a folder of IDX files."),
]
ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FILE", exists=True, dir_okay=False,
        help="The net and how it is compiled, as written by to_json() of Keras or tinydnn.",
    ),
]  # fmt: skip
Device = Annotated[
    Literal["cpu", "gpu", "auto"] | None,
    typer.Option(help="Compute on this device; auto takes a GPU if one works. By default TINYDNN_DEVICE, else auto."),
]
Input = Annotated[Literal["raw", "scaled"], typer.Option(help="Grey values: raw, 0 to 255, or scaled to 0 to 1.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Digits per step.")]
Hidden = Annotated[str, typer.Option(help="Units of each hidden layer, such as 324,36; none for no hidden layer.")]
Activation = Annotated[str, typer.Option(help="Activation of the hidden layers, by Keras' name: sigmoid, relu, elu, …")]
Optimizer = Annotated[str, typer.Option(help="Optimizer by Keras' name; with settings as in 'sgd(0.1, momentum=0.9)'.")]
Loss = Annotated[str, typer.Option(help="Loss by Keras' name: categorical_crossentropy, binary_crossentropy, mse, …")]
Last = Annotated[
    str | None, typer.Option(help="Activation of the last layer; by default the usual one in front of the loss.")
]
LearningRate = Annotated[float | None, typer.Option(help="Learning rate; by default the optimizer's own.")]
L2 = Annotated[float, typer.Option("--l2", min=0, help="L2 penalty on all kernels.")]
Dropout = Annotated[
    float, typer.Option(min=0, max=1, help="Behind each hidden layer, the share of numbers that Dropout drops.")
]
Outputs = Annotated[int, typer.Option(min=1, help="Units of the last layer; the targets are digits modulo this.")]
UseBias = Annotated[bool, typer.Option("--bias/--no-bias", help="Whether layers have biases.")]
Seed = Annotated[int, typer.Option(help="Seed of the initial weights and the order of the digits.")]
Dtype = Annotated[Literal["float32", "float64"], typer.Option(help="Type of the numbers to compute with.")]


def choose_device(device: str | None) -> None:
    """Make this the device of all models; None leaves it to the environment, whose word is checked too."""
    with wrong_use(ValueError):
        config.set_device(device)
        config.device()


def units(hidden: str) -> tuple[int, ...]:
    """The value of --hidden as numbers.

    Raises:
        ValueError: it is not a list of numbers.
    """
    if hidden.strip() in ("", "none"):
        return ()
    try:
        return tuple(int(number) for number in hidden.split(","))
    except ValueError:
        raise ValueError(f"--hidden expects numbers of units, such as 324,36. Received: {hidden!r}") from None


@dataclass(frozen=True)
class NetOptions:
    """The options of `parity`, `microscope` and `diagnose` that say which net takes which steps on which digits."""

    input: Input = "scaled"
    dtype: Dtype = "float32"
    seed: Seed = 42
    hidden: Hidden = "324,36"
    activation: Activation = "sigmoid"
    optimizer: Optimizer = "rmsprop"
    learning_rate: LearningRate = None
    loss: Loss = "categorical_crossentropy"
    last: Last = None
    l2: L2 = 0.0
    dropout: Dropout = 0.0
    outputs: Outputs = 10
    use_bias: UseBias = True
    batch_size: BatchSize = 512
    data: Data = None

    def prepared_run(self, seed: int | None = None) -> runs.Run:
        """A run of this net that has read its digits and has not begun to train.

        seed: in place of --seed.
        """
        config.set_floatx(self.dtype)
        with wrong_use(ValueError, TypeError):
            settings = Settings(
                batch_size=self.batch_size, input=self.input, hidden=units(self.hidden), activation=self.activation,
                optimizer=self.optimizer, learning_rate=self.learning_rate, loss=self.loss, last=self.last, l2=self.l2,
                dropout=self.dropout, outputs=self.outputs, use_bias=self.use_bias,
                seed=self.seed if seed is None else seed, data=None if self.data is None else str(self.data),
                dtype=self.dtype,
            )  # fmt: skip
            run = runs.Run(settings)
        run.load_data()
        return run


def with_net_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of NetOptions in place of its parameter `net`, which receives their values.

    Typer makes an option of each parameter in the signature, and has no groups of options; so this writes the
    signature.
    """
    shared = inspect.signature(NetOptions).parameters

    @functools.wraps(command)
    def with_net(**values: Any) -> None:
        net = NetOptions(**{name: values.pop(name) for name in shared})
        command(net=net, **values)

    own = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        parameters += shared.values() if parameter.name == "net" else [parameter]
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    with_net.__signature__ = own.replace(parameters=keyword_only)  # type: ignore[attr-defined]
    return with_net
