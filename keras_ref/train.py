"""The walkthrough's training, on Keras or on tinydnn: only the import differs.

python keras_ref/train.py --engine keras
python keras_ref/train.py --engine tinydnn

The walkthrough's lines about the GPU are options here. `--device cpu` hides the GPUs, as CUDA_VISIBLE_DEVICES=-1 does
there. GPU memory is always taken as it is needed, as allow_growth does there. Versions and devices are printed first.
If there is no GPU, `--device gpu` ends with an error instead of training on the CPU.

Keras runs on the backend that KERAS_BACKEND names, or else on the first of TensorFlow, JAX and PyTorch that is
installed.
"""

import os
from typing import Annotated, Literal

import typer

from keras_ref.backends import Device
from keras_ref.engines import Engine, devices, keras_version, load
from tinydnn.datasets import mnist  # the digits of keras.datasets.mnist, without a download
from tinydnn.inspect import net


def main(
    engine: Annotated[Engine, typer.Option(help="Engine to train on.")] = "keras",
    input: Annotated[
        Literal["raw", "scaled"], typer.Option(help="Grey values: raw, 0 to 255, or scaled to 0 to 1.")
    ] = "raw",
    epochs: Annotated[int, typer.Option(min=1, help="Passes through the training digits.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the initial weights and the order of the digits.")] = 42,
    device: Annotated[Device, typer.Option(help="Compute on this device; auto takes a GPU if one works.")] = "auto",
    tf32: Annotated[
        bool | None,
        typer.Option(
            help="Let Keras' backend round the factors of matrix products on a GPU to 10 bits, or don't; left out, "
            "TensorFlow and JAX do, and PyTorch doesn't."
        ),
    ] = None,
) -> None:
    """Train the walkthrough's net and evaluate it on the test digits."""
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # before the import, so that nothing starts on a GPU
    keras = load(engine, device, tf32)
    version = keras_version() if engine == "keras" else f"tinydnn {keras.__version__}"
    print(f"{version}, devices: {devices(engine)}")
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    keras.utils.set_random_seed(seed)
    model = net.complete(keras, keras.models.Sequential(), net.Settings(input=input))
    model.summary()
    one_hot = keras.utils.to_categorical(y_train)
    model.fit(x_train, one_hot, epochs=epochs, batch_size=512, validation_split=0.2, shuffle=True, verbose=2)
    loss, accuracy = model.evaluate(x_test, keras.utils.to_categorical(y_test), verbose=0)
    print(f"Test loss {loss:.4f}, test accuracy {accuracy:.4f}")


if __name__ == "__main__":
    typer.run(main)
