"""The end of the course: the learner's functions make an engine, and it prints Keras' log."""

from pathlib import Path

from tinydnn.course import progress
from tinydnn.course.checking import RIGHT, WRONG, Verdict
from tinydnn.course.exercise import Exercise
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.report import Report, report_on
from tinydnn.course.running import load, run

TITLE = "Your own engine"
KERAS = "accuracy: 0.6710 - loss: 1.5298 - val_accuracy: 0.8272 - val_loss: 0.9506"  # of the first epoch from seed 42

IDEA = """\
Here nothing is left to write. Your functions are put together, and train the net 784-324-36-10 for one epoch, from the
weights and in the order that Keras draws from the seed 42. First your numerical gradient checks your backward pass.
Then comes the log. Keras prints, for the same net on the same digits:

    accuracy: 0.6710 - loss: 1.5298 - val_accuracy: 0.8272 - val_loss: 0.9506

Functions that loop over pictures or units would take hours here: write them with whole arrays. To go on from here: try
`sgd` or `adam` in place of `rmsprop`, more epochs, other learning rates.
"""

CODE = '''import numpy as np
from ex01_prepare import prepare
from ex02_dense import dense
from ex03_sigmoid import sigmoid, slope
from ex04_softmax import softmax_crossentropy
from ex06_loss_backward import loss_backward
from ex07_dense_backward import dense_backward
from ex08_backward import backward
from ex09_numerical_gradient import numerical_gradient
from ex11_rmsprop_adam import rmsprop
from ex12_epoch import epoch

from tinydnn.course.given import initial_weights, shuffled
from tinydnn.datasets import mnist

KERAS = "accuracy: 0.6710 - loss: 1.5298 - val_accuracy: 0.8272 - val_loss: 0.9506"


def forward(x, weights):
    """a1, a2 and z3, from the pixels and your layers."""
    W1, b1, W2, b2, W3, b3 = weights
    a1 = sigmoid(dense(x, W1, b1))
    a2 = sigmoid(dense(a1, W2, b2))
    return a1, a2, dense(a2, W3, b3)


# In their files, backward and epoch call functions that were given. From here on they call yours.
backward.__globals__.update(dense_backward=dense_backward, loss_backward=loss_backward, slope=slope)
epoch.__globals__.update(
    forward=forward, softmax_crossentropy=softmax_crossentropy, backward=backward, rmsprop=rmsprop
)


def gradient_error(x, y, weights):
    """By how much your backward pass differs from your numerical gradient in b3, relative to the largest."""
    a1, a2, z3 = forward(x, weights)
    p, l = softmax_crossentropy(z3, y)
    db3 = backward(x, y, a1, a2, p, weights)[-1]

    def loss(b3):
        return np.mean(softmax_crossentropy(dense(a2, weights[4], b3), y)[1])

    numerical = numerical_gradient(loss, weights[5].copy(), 1e-4)
    return np.abs(np.subtract(db3, numerical)).max() / np.abs(numerical).max()


def train():
    """Train for one epoch, and return the log."""
    (images, labels), _ = mnist.load_data()
    x, y = (np.asarray(each, "float32") for each in prepare(images, labels))
    n = int(len(x) * 0.8)  # the rest is held out, for validation
    weights = initial_weights(42, "float32")
    few = [w.astype("float64") for w in weights]
    print(f"backward and numerical gradient differ by {gradient_error(x[:80], y[:80], few):.0e}")

    velocities = [np.zeros_like(w) for w in weights]
    loss, accuracy = epoch(x, y, shuffled(n, 42), weights, velocities, 512)
    p, l = softmax_crossentropy(forward(x[n:], weights)[-1], y[n:])
    val_accuracy = np.mean(np.argmax(p, axis=1) == np.argmax(y[n:], axis=1))
    figures = {"accuracy": accuracy, "loss": loss, "val_accuracy": val_accuracy, "val_loss": np.mean(l)}
    return " - ".join(f"{name}: {value:.4f}" for name, value in figures.items())


if __name__ == "__main__":
    log = train()
    print(log)
    print("That is what Keras prints, digit for digit." if log == KERAS else f"Keras prints {KERAS}")
'''


def report_on_engine(path: Path) -> Report:
    """Check the exercises that the engine is made of, run it, and compare its log with Keras'."""
    report = Report(path.name, TITLE)
    for exercise in EXERCISES:
        if f"from {exercise.file} import" in CODE and (problem := _problem_of(path, exercise)):
            report.verdicts.append(Verdict("train", WRONG, what=problem))
            return report
    module, ran = load(path)
    report.printed = ran.printed
    if ran.failure is None:
        ran = run(lambda: module.train(), path.resolve().parent)
    verdict = Verdict("train", RIGHT, "48,000 digits, and 12,000 for validation", printed=ran.printed)
    report.verdicts.append(verdict)
    if ran.failure is not None:
        verdict.state, verdict.what = WRONG, ran.failure
    elif ran.value != KERAS:
        verdict.state, verdict.what = WRONG, f"Your engine's log is {ran.value}\nKeras prints          {KERAS}"
    else:
        verdict.what = f"{KERAS}\nThat is what Keras prints, digit for digit. You have built it yourself."
    return report


def _problem_of(path: Path, exercise: Exercise) -> str | None:
    file = path.with_name(exercise.file).with_suffix(path.suffix)
    if not file.exists():
        return f"{file.name} is missing beside {path.name}; `tinydnn course {progress.folder_of(path)}` writes it anew."
    if not (report := report_on(file, exercise)).right:
        return f"{file.name} comes first: it is {report.state}. `tinydnn check {file}` says more."
    return None
