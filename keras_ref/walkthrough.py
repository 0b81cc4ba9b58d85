# %% [markdown]
# # From handwritten digits to a trained net
#
# The steps of a German walkthrough for beginners, in their order: get to know the data, prepare it, put a net together,
# train it, test it, save it, and look at what it has learned. The same lines run on Keras and on tinydnn: only the
# import differs.
#
# As a program: `python keras_ref/walkthrough.py --engine tinydnn`, or `--engine keras`. It writes its figures, and the
# saved net, into a folder. As a notebook: `docs/walkthrough.ipynb`, and in German `docs/rundgang.ipynb`; both are made
# from this file.

# %%
import argparse
import time
from pathlib import Path

import numpy as np

from keras_ref import german
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
parser.add_argument("--variants", action="store_true", help="then try smaller and larger nets; takes some minutes")
parser.add_argument("--german", action="store_true", help="print German texts, and draw them into the figures")
options = parser.parse_args(["--variants"] if notebook else None)

# %%
keras = load(options.engine)  # import tinydnn as keras, or import keras
tr = german.WORDS.__getitem__ if options.german else str  # a text in the language that was asked for

print(tr("engine:"), options.engine, keras.__version__)
print(tr("devices:"), devices(options.engine))
keras.utils.set_random_seed(options.seed)
options.out.mkdir(parents=True, exist_ok=True)


def show(number, title, figure):
    """Write a figure into the folder, and in a notebook show it."""
    if options.german:
        german.translate(figure)
    path = options.out / f"figure-{number:02}.png"
    path.write_bytes(figures.png(figure, dpi=80))
    print(tr("Figure {}: {} ({})").format(number, title, path))
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
print(tr("some features of the first sample:"), train_images[0][6][6:10])
print(tr("largest grey value:"), train_images.max())
print(tr("smallest grey value:"), train_images.min())
print("test_images:", type(test_images), "shape", test_images.shape, "dtype", test_images.dtype)

titles = [str(label) for label in train_labels[:50]]
show(1, tr("some training digits"), figures.digits(train_images[:50], titles, "Training digits"))
titles = [str(label) for label in test_labels[:50]]
show(2, tr("some test digits"), figures.digits(test_images[:50], titles, "Test digits"))

# %% [markdown]
# ## Prepare the labels
#
# A net can't put out a digit, but it can put out ten probabilities, one for each digit. So a label becomes ten numbers,
# too: 1 for the right digit and 0 for all others. That is called one-hot.

# %%
train_one_hot = keras.utils.to_categorical(train_labels, 10)
test_one_hot = keras.utils.to_categorical(test_labels, 10)
print(tr("label of the first sample:"), train_labels[0])
print(tr("the same, one-hot:"), train_one_hot[0])

# %% [markdown]
# If nearly all samples were nines, a net that always says nine would look good. So: is there about the same number of
# each digit?

# %%
balance = np.sum(train_one_hot, axis=0).astype(int)
print(tr("samples per digit:"), balance)
print(tr("distance to the mean:"), balance - balance.mean())
show(3, tr("how many training digits there are of each kind"), figures.balance(balance))

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
# validation: it shows whether the net gets better at digits that it does not train with. The others come in random
# order, so that the net can't get used to a sequence. Without a seed, each epoch has an order of its own. With one, as
# here, Keras on TensorFlow takes the same order in every epoch, and tinydnn does so too.

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
print(tr("It took {:.1f} s").format(time.time() - start))

# %%
log = history.history
show(4, tr("accuracy over the epochs"), figures.curves(log["accuracy"], log["val_accuracy"], "accuracy"))
show(5, tr("loss over the epochs"), figures.curves(log["loss"], log["val_loss"], "loss"))

# %% [markdown]
# The two curves lie close together: what the net learns of its own digits holds for others, too. More epochs would help
# a little still. What it looks like when they part is [below](#When-to-stop).

# %% [markdown]
# ## Test it
#
# Now, and only now, the test digits.

# %%
test_loss, test_accuracy = network.evaluate(test_images, test_one_hot, verbose=0)
print(tr("test loss {:.4f}, test accuracy {:.4f}").format(test_loss, test_accuracy))

# %% [markdown]
# ## Save it
#
# The net in two files: how it is built, as JSON, and what it has learned, as HDF5.

# %%
(options.out / "simple_MNIST_model.json").write_text(network.to_json())
network.save_weights(options.out / "simple_MNIST_model.weights.h5")
print(tr("saved to"), options.out)

# %% [markdown]
# ## How does the net see the world?
#
# The biases of each layer as a picture: the brighter, the larger. The post draws the same three pictures and calls them
# the layers' weight matrices, but a layer gives two arrays, its weights and its biases, and these are the second ones:
# one number for each unit. There is not much to be read from them, but outliers would show.

# %%
kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = network.get_weights()
show(6, tr("the first layer's biases, 18 x 18"), figures.weights(bias_1, (18, 18), "Biases of the first layer"))
show(7, tr("the second layer's biases, 6 x 6"), figures.weights(bias_2, (6, 6), "Biases of the second layer"))
show(8, tr("the last layer's biases, 10"), figures.weights(bias_3, (10, 1), "Biases of the last layer"))

# %% [markdown]
# The weight matrices tell more. Each unit of the first layer has one for every pixel, so they are a picture of 28 x
# 28: what the unit looks for, and what it looks away from.

# %%
title = "What each of the 324 units of the first layer looks at"
show(13, tr("the first layer's weights, unit by unit"), figures.neurons(kernel_1, (28, 28), title))

# %% [markdown]
# ## Right ones and wrong ones
#
# The net answers with ten probabilities; the largest one is its guess.

# %%
results = network.predict(test_images, verbose=0)
print(tr("an answer:"), results[0])
print(tr("the largest probability in it:"), results[0].max())
print(tr("its position, the digit:"), results[0].argmax())

predicted, confidence = results.argmax(axis=1), results.max(axis=1)
right, wrong = np.flatnonzero(predicted == test_labels), np.flatnonzero(predicted != test_labels)
print(tr("{} are right, {} are wrong").format(len(right), len(wrong)))
titles = [f"{predicted[i]}={test_labels[i]}" for i in right[:50]]
show(9, tr("some that were recognised"), figures.digits(test_images[right[:50]], titles, "Recognised"))
titles = [f"{predicted[i]}≠{test_labels[i]}" for i in wrong[:50]]
show(10, tr("some that were not"), figures.digits(test_images[wrong[:50]], titles, "Mistaken"))

confusion = np.zeros((10, 10), int)
np.add.at(confusion, (test_labels, predicted), 1)
show(14, tr("what each digit was taken for"), figures.confusion(confusion))
show(15, tr("the mistakes of each digit"), figures.errors(confusion))

# %% [markdown]
# ## The hardest cases
#
# Which digit was only just recognised? Of those that were right, the one with the smallest largest probability. The
# same of those that were wrong is the narrowest mistake; the largest one is the mistake of which the net was surest.


# %%
def answer(i):
    """What the net says of a digit."""
    return tr("a {}; the net says {} with {:.2%}").format(test_labels[i], predicted[i], confidence[i])


def say(what, i):
    """Print an answer in full."""
    print(tr("{}: digit {} is {}").format(what, i, answer(i)))
    print(results[i])


def draw(*which):
    """These digits with their probabilities."""
    which = list(which)
    return figures.cases(test_images[which], results[which], test_labels[which].tolist(), [answer(i) for i in which])


hardest = right[confidence[right].argmin()]
say(tr("The hardest that was recognised"), hardest)
show(11, tr("the hardest that was recognised, with only {:.2%}").format(confidence[hardest]), draw(hardest))

surest, narrowest = wrong[confidence[wrong].argmax()], wrong[confidence[wrong].argmin()]
say(tr("The surest mistake"), surest)
say(tr("The narrowest mistake"), narrowest)
show(12, tr("the surest and the narrowest mistake"), draw(surest, narrowest))

if not options.variants:
    raise SystemExit  # here the post ends; what follows tries out what it advises

# %% [markdown]
# ## From the smallest net up
#
# The post advises to begin with the smallest net, and to enlarge it only while that helps. The smallest one has no
# hidden layer at all: 784 inputs and 10 outputs. From here on grey values are scaled to 0 .. 1, and only the validation
# digits judge.


# %%
def make(hidden=(324, 36), activation="relu", scaled=True, dropout=False, optimizer="rmsprop"):
    """A net with these hidden layers; each starts from the same seed."""
    keras.utils.set_random_seed(options.seed)
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
    net.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return net


def fit(net, epochs, **others):
    """Train it without a word, and return its log."""
    settings = {"epochs": epochs, "batch_size": 512, "validation_split": 0.2, "verbose": 0, **others}
    return net.fit(train_images, train_one_hot, **settings).history


for hidden in [(), (10,), (36,), (324, 36)]:
    net = make(hidden, "sigmoid")
    log = fit(net, options.epochs)
    accuracies = f"accuracy {log['accuracy'][-1]:.4f}, val_accuracy {log['val_accuracy'][-1]:.4f}"
    print(f"{hidden!s:10}", tr("{:7,} weights:").format(net.count_params()), accuracies)

# %% [markdown]
# ## The size of a batch
#
# A step takes the mean of its batch's gradients. With a batch of 1, each step follows a single digit, and a good deal
# of chance; with all digits in one batch, an epoch is a single step. The batches of a few dozen or hundred between
# the two are the usual ones. Here each net sees every digit the same number of times.

# %%
digits = int(len(train_images) * 0.8)  # the rest is for validation
for size in [1, 32, 512, digits]:
    log = fit(make((36,), "sigmoid"), min(3, options.epochs), batch_size=size)
    steps = tr("{:6} a batch, {:6} steps an epoch:").format(size, -(-digits // size))
    print(steps, f"loss {log['loss'][-1]:.4f}, val_accuracy {log['val_accuracy'][-1]:.4f}")

# %% [markdown]
# ## When to stop
#
# A net that trains for long gets ever better at its own digits, and at some point no better at others: it learns its
# digits by heart. That is **overfitting**, and it shows where the two curves part. With relu and scaled grey values
# they part soon.
#
# `EarlyStopping` watches the validation loss. When it has not fallen for three epochs, the training ends, and the net
# gets back the weights of its best epoch. Look at the accuracy, too: it hardly changes any more. What rises is the loss
# of the same mistakes, of which the net becomes ever surer.

# %%
log = fit(make(), 2 * options.epochs)
best = int(np.argmin(log["val_loss"])) + 1
show(16, tr("two curves that part"), figures.curves(log["loss"], log["val_loss"], "loss", best))
for epoch in (best, len(log["loss"])):
    print(tr("epoch {}:").format(epoch), *(f"{name} {values[epoch - 1]:.4f}" for name, values in log.items()))

early = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
log = fit(make(), 2 * options.epochs, callbacks=[early])
print(tr("EarlyStopping ended the training after {} epochs").format(len(log["loss"])))

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
    "the same with Adam and a falling rate": {"hidden": (1024, 1024), "dropout": True, "optimizer": "adam"},
}


def train(settings, **others):
    """A net of these settings, trained; Adam's rate falls by a tenth with each epoch."""
    net = make(**settings)
    falling = keras.callbacks.LearningRateScheduler(lambda epoch: 0.001 * 0.9**epoch)
    callbacks = [falling] if settings.get("optimizer") == "adam" else []
    log = fit(net, 2 * options.epochs, callbacks=callbacks, **others)
    return log, net.evaluate(test_images, test_one_hot, verbose=0)[1]


found = {}
for name, settings in VARIANTS.items():
    log, accuracy = train(settings)
    found[name] = log["val_accuracy"][-1]
    print(f"{tr(name):40}", tr("validation {:.4f}, test {:.4f}").format(found[name], accuracy))
best = max(found, key=found.get)
_, accuracy = train(VARIANTS[best], validation_split=0)
print(tr("Chosen: {}. Trained with the validation digits, too: test {:.4f}").format(tr(best), accuracy))
