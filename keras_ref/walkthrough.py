# %% [markdown]
# # From handwritten digits to a trained net
#
# The steps of a German walkthrough for beginners, in their order: get to know the data, prepare it, put a net together,
# train it, test it, save it, and look at what it has learned. The same lines run on Keras and on tinydnn: only the
# import differs.
#
# As a program: `python keras_ref/walkthrough.py --engine tinydnn`, or `--engine keras`. It writes its figures, and the
# saved net, into a folder. As a notebook: `docs/walkthrough.ipynb`, which is made from this file.

# %%
import argparse
import time
from pathlib import Path

import numpy as np

from keras_ref.engines import ENGINES, devices, load
from tinydnn.datasets import mnist  # the digits of keras.datasets.mnist, without a download
from tinydnn.inspect import figures

notebook = "get_ipython" in globals()

parser = argparse.ArgumentParser(description="The walkthrough, from the data to a trained net and its mistakes.")
parser.add_argument("--engine", choices=ENGINES, default="tinydnn", help="import tinydnn as keras, or Keras itself")
parser.add_argument("--out", type=Path, default=Path("runs/walkthrough"), help="folder for the figures and the net")
parser.add_argument("--seed", type=int, default=42, help="decides the initial weights and the order of the digits")
parser.add_argument("--epochs", type=int, default=20, help="how often to go through the training digits")
parser.add_argument("--digits", type=int, default=60_000, help="take only so many training digits, for a quick look")
parser.add_argument("--variants", action="store_true", help="then beat the net by others; takes some minutes")
options = parser.parse_args(["--variants"] if notebook else None)

# %%
keras = load(options.engine)  # import tinydnn as keras, or import keras

print("engine:", options.engine, keras.__version__)
print("devices:", devices(options.engine))
keras.utils.set_random_seed(options.seed)
options.out.mkdir(parents=True, exist_ok=True)


def show(number, title, figure):
    """Write a figure into the folder, and in a notebook show it."""
    path = options.out / f"figure-{number:02}.png"
    path.write_bytes(figures.png(figure, dpi=80))
    print(f"Figure {number}: {title} ({path})")
    if notebook:
        from IPython.display import Image, display

        display(Image(path))


# %% [markdown]
# ## Get the data
#
# MNIST has 60,000 digits to train with and 10,000 to test with. The test digits stay out of everything until the net is
# done: a net is judged by what it has never seen.

# %%
(train_images, train_labels), (test_images, test_labels) = mnist.load_data()
train_images, train_labels = train_images[: options.digits], train_labels[: options.digits]

# %% [markdown]
# ## Get to know the data
#
# - A **sample** is one data record: here, one handwritten digit.
# - A **feature** is one property of it: here, the grey value of one of its 28 x 28 pixels, from 0 (paper) to 255 (ink).
# - A **label** is the answer that is expected: here, which digit it is.

# %%
print("train_images:", type(train_images), "shape", train_images.shape, "dtype", train_images.dtype)
print("some features of the first sample:", train_images[0][6][6:10])
print("largest grey value:", train_images.max())
print("smallest grey value:", train_images.min())
print("test_images:", type(test_images), "shape", test_images.shape, "dtype", test_images.dtype)

show(
    1, "some training digits", figures.digits(train_images[:50], [str(y) for y in train_labels[:50]], "Training digits")
)
show(2, "some test digits", figures.digits(test_images[:50], [str(y) for y in test_labels[:50]], "Test digits"))

# %% [markdown]
# ## Prepare the labels
#
# A net can't put out a digit, but it can put out ten probabilities, one for each digit. So a label becomes ten numbers,
# too: 1 for the right digit and 0 for all others. That is called one-hot.

# %%
train_one_hot = keras.utils.to_categorical(train_labels, 10)
test_one_hot = keras.utils.to_categorical(test_labels, 10)
print("label of the first sample:", train_labels[0])
print("the same, one-hot:", train_one_hot[0])

# %% [markdown]
# If nearly all samples were nines, a net that always says nine would look good. So: is there about the same number of
# each digit?

# %%
balance = np.sum(train_one_hot, axis=0).astype(int)
print("samples per digit:", balance)
print("distance to the mean:", balance - balance.mean())
show(3, "how many training digits there are of each kind", figures.balance(balance))

# %% [markdown]
# ## Put the net together
#
# `Reshape` lays the 28 x 28 pixels out as one row of 784 numbers. Each `Dense` layer multiplies its inputs by its
# weights, adds a bias, and applies its activation; `sigmoid` squeezes every number into 0 .. 1, and `softmax` makes ten
# numbers into probabilities. 324 and 36 are squares, 18 x 18 and 6 x 6, so that the layers can be shown as pictures
# later.

# %%
network = keras.models.Sequential()
network.add(keras.layers.Input((28, 28)))
network.add(keras.layers.Reshape((28 * 28,)))
network.add(keras.layers.Dense(324, activation="sigmoid"))
network.add(keras.layers.Dense(36, activation="sigmoid"))
network.add(keras.layers.Dense(10, activation="softmax"))
network.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
network.summary()

# %% [markdown]
# ## Train it
#
# An **epoch** goes once through all training digits, 512 at a time. After each of these batches the optimizer moves all
# weights a little, so that the loss of this batch becomes smaller. The last fifth of the digits is held out for
# validation: it shows whether the net gets better at digits that it does not train with. The others are shuffled anew
# before every epoch.

# %%
start = time.time()
history = network.fit(
    train_images,
    train_one_hot,
    epochs=options.epochs,
    batch_size=512,
    validation_split=0.2,
    shuffle=True,
    verbose=2,
)
print(f"It took {time.time() - start:.1f} s")

# %%
log = history.history
show(4, "accuracy over the epochs", figures.curves(log["accuracy"], log["val_accuracy"], "accuracy"))
show(5, "loss over the epochs", figures.curves(log["loss"], log["val_loss"], "loss"))

# %% [markdown]
# ## Test it
#
# Now, and only now, the test digits.

# %%
test_loss, test_accuracy = network.evaluate(test_images, test_one_hot, verbose=0)
print(f"test loss {test_loss:.4f}, test accuracy {test_accuracy:.4f}")

# %% [markdown]
# ## Save it
#
# The net in two files: how it is built, as JSON, and what it has learned, as HDF5.

# %%
(options.out / "simple_MNIST_model.json").write_text(network.to_json())
network.save_weights(options.out / "simple_MNIST_model.weights.h5")
print("saved to", options.out)

# %% [markdown]
# ## How does the net see the world?
#
# The biases of each layer as a picture: the brighter, the larger. There is not much to be read from them, but outliers
# would show.

# %%
kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = network.get_weights()
show(6, "the first layer's biases, 18 x 18", figures.weights(bias_1, (18, 18), "Biases of the first layer"))
show(7, "the second layer's biases, 6 x 6", figures.weights(bias_2, (6, 6), "Biases of the second layer"))
show(8, "the last layer's biases, 10", figures.weights(bias_3, (10, 1), "Biases of the last layer"))

# %% [markdown]
# The weights tell more. Each unit of the first layer has one for every pixel, so they are a picture of 28 x 28: what
# the unit looks for, and what it looks away from.

# %%
title = "What each of the 324 units of the first layer looks at"
show(13, "the first layer's weights, unit by unit", figures.neurons(kernel_1, (28, 28), title))

# %% [markdown]
# ## Right ones and wrong ones
#
# The net answers with ten probabilities; the largest one is its guess.

# %%
results = network.predict(test_images, verbose=0)
print("an answer:", results[0])
print("the largest probability in it:", results[0].max())
print("its position, the digit:", results[0].argmax())

predicted, confidence = results.argmax(axis=1), results.max(axis=1)
right, wrong = np.flatnonzero(predicted == test_labels), np.flatnonzero(predicted != test_labels)
print(f"{len(right)} are right, {len(wrong)} are wrong")
titles = [f"{predicted[i]}={test_labels[i]}" for i in right[:50]]
show(9, "some that were recognised", figures.digits(test_images[right[:50]], titles, "Recognised"))
titles = [f"{predicted[i]}≠{test_labels[i]}" for i in wrong[:50]]
show(10, "some that were not", figures.digits(test_images[wrong[:50]], titles, "Mistaken"))

confusion = np.zeros((10, 10), int)
np.add.at(confusion, (test_labels, predicted), 1)
show(14, "what each digit was taken for", figures.confusion(confusion))
show(15, "the mistakes of each digit", figures.errors(confusion))

# %% [markdown]
# ## The hardest cases
#
# Which digit was only just recognised? Of those that were right, the one with the smallest largest probability. The
# same of those that were wrong is the narrowest mistake; the largest one is the mistake of which the net was surest.


# %%
def say(what, i):
    """Print an answer in full."""
    print(f"{what}: digit {i} is a {test_labels[i]}; the net says {predicted[i]} with {confidence[i]:.2%}")
    print(results[i])


def draw(*which):
    """These digits with their probabilities."""
    words = [f"a {test_labels[i]}; the net says {predicted[i]} with {confidence[i]:.2%}" for i in which]
    return figures.cases(test_images[list(which)], results[list(which)], test_labels[list(which)].tolist(), words)


hardest = right[confidence[right].argmin()]
say("The hardest that was recognised", hardest)
show(11, f"the hardest that was recognised, with only {confidence[hardest]:.2%}", draw(hardest))

surest, narrowest = wrong[confidence[wrong].argmax()], wrong[confidence[wrong].argmin()]
say("The surest mistake", surest)
say("The narrowest mistake", narrowest)
show(12, "the surest and the narrowest mistake", draw(surest, narrowest))

# %% [markdown]
# ## Beat it
#
# The walkthrough dares its readers to beat 97 %. Here are some ideas, each added to the one before: grey values scaled
# to 0 .. 1, relu in place of sigmoid, wider layers, dropout, and a learning rate that falls. All go through the digits
# twice as often as above. Which one is best is decided by the **validation** digits alone; the test accuracy is shown
# beside it, but chooses nothing. The best one is trained once more, with the validation digits too.

# %%
VARIANTS = {
    "the net above": {"scaled": False, "activation": "sigmoid"},
    "scaled": {"activation": "sigmoid"},
    "scaled, relu": {},
    "scaled, relu, 1024 and 1024 units": {"hidden": (1024, 1024)},
    "the same with dropout": {"hidden": (1024, 1024), "dropout": True},
    "the same with Adam and a falling rate": {"hidden": (1024, 1024), "dropout": True, "falling": True},
}


def variant(scaled=True, activation="relu", hidden=(324, 36), dropout=False, falling=False):
    """A net like the one above, and how it differs."""
    net = keras.models.Sequential()
    net.add(keras.layers.Input((28, 28)))
    net.add(keras.layers.Reshape((28 * 28,)))
    if scaled:
        net.add(keras.layers.Rescaling(1 / 255))
    for units in hidden:
        if dropout:
            net.add(keras.layers.Dropout(0.2))
        net.add(keras.layers.Dense(units, activation=activation))
    net.add(keras.layers.Dense(10, activation="softmax"))
    optimizer = "adam" if falling else "rmsprop"
    net.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return net


def fit(net, images, one_hot, falling=False, **others):
    """Train it; a falling rate goes down by a tenth with each epoch."""

    def slow_down(epoch, logs):
        net.optimizer.learning_rate = 0.001 * 0.9**epoch

    slower = [keras.callbacks.LambdaCallback(on_epoch_begin=slow_down)] if falling else []
    return net.fit(images, one_hot, epochs=2 * options.epochs, batch_size=512, verbose=0, callbacks=slower, **others)


if options.variants:
    found = {}
    for name, settings in VARIANTS.items():
        keras.utils.set_random_seed(options.seed)
        net = variant(**settings)
        log = fit(net, train_images, train_one_hot, settings.get("falling", False), validation_split=0.2)
        validation = log.history["val_accuracy"][-1]
        found[name] = validation, net.evaluate(test_images, test_one_hot, verbose=0)[1]
        print(f"{name:40} validation {validation:.4f}, test {found[name][1]:.4f}")
    best = max(found, key=lambda name: found[name][0])
    keras.utils.set_random_seed(options.seed)
    net = variant(**VARIANTS[best])
    fit(net, train_images, train_one_hot, VARIANTS[best].get("falling", False))
    _, accuracy = net.evaluate(test_images, test_one_hot, verbose=0)
    print(f"Chosen: {best}; trained again with the validation digits, too: test {accuracy:.4f}")
