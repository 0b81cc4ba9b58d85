"""All known mistakes: what is wrong, how it looks, and which methods of the engine it replaces."""

from tinydnn import initializers, layers, losses, models, optimizers
from tinydnn.device.backend import Backend
from tinydnn.engine.fit import Fit
from tinydnn.engine.passes import Pass
from tinydnn.inspect.mistakes import wrong
from tinydnn.inspect.mistakes.mistake import Mistake
from tinydnn.inspect.net import Settings
from tinydnn.names import lookup

SCALED = Settings(input="scaled", device="cpu")
LOUD = Settings(input="raw", hidden=(), device="cpu")  # logits that are hundreds apart

GALLERY = (
    Mistake(
        "epsilon-outside-root",
        "RMSprop divides by sqrt(v) + epsilon; Keras divides by sqrt(v + epsilon)",
        "it looks like an improvement: where gradients are small, steps are larger, and the loss falls faster at first",
        1,
        "dense/kernel change",
        ((optimizers.RMSprop, "step", wrong.epsilon_outside),),
        SCALED,
    ),
    Mistake(
        "gradient-summed",
        "the gradient is that of the sum of the batch's losses; in Keras it is that of their mean",
        "with SGD each step is larger by a factor of the batch size; with RMSprop the loss falls faster at first, as "
        "with a smaller epsilon; with Adam hardly anything shows",
        1,
        "dense_1/dz",
        ((Pass, "backward", wrong.summed),),
        SCALED,
    ),
    Mistake(
        "last-batch-wrong-n",
        "an epoch's last, smaller batch is divided by the usual batch size; Keras divides by the batch's own size",
        "nothing that anyone would notice: the fourth digit changes from the first epoch on",
        3,
        "dense_1/dz",
        ((Pass, "backward", wrong.divided_by_usual_size),),
        SCALED,
    ),
    Mistake(
        "softmax-maximum-of-batch",
        "softmax subtracts the whole batch's largest logit from every row; it has to subtract the row's own largest",
        "NaN in the first epoch, once all logits of a row are about 100 (in float64, 745) below the batch's largest; "
        "nothing before that",
        1,
        "dense/a",
        ((losses.CategoricalCrossentropy, "forward", wrong.maximum_of_batch),),
        LOUD,
    ),
    Mistake(
        "loss-clipped",
        "cross-entropy is computed from the probabilities, clipped to 1e-7; Keras computes it from the logits",
        "nothing as long as probabilities stay above 1e-7; after that the loss can't exceed 16.1, and the net learns "
        "nothing more from rows that it gets wrong with certainty",
        1,
        "l",
        ((losses.CategoricalCrossentropy, "takes_logits", wrong.from_probabilities),),
        LOUD,
    ),
    Mistake(
        "transposed-kernel",
        "a kernel's numbers are read as (units, inputs), as in PyTorch; in Keras they are (inputs, units)",
        "nothing: the net starts from other weights and trains as well as the right one; files from Keras or PyTorch "
        "give nonsense",
        1,
        "dense/z",
        (
            (layers.Dense, "forward", wrong.transposed_forward),
            (layers.Dense, "backward", wrong.transposed_backward),
        ),
        SCALED,
    ),
    Mistake(
        "split-after-shuffling",
        "the samples are shuffled before the validation split; Keras holds out the last samples in the order given",
        "the training is as good as the right one, but differs from the first step on; validation figures are of "
        "other samples",
        1,
        "loss",
        ((models.model, "split", wrong.shuffled_first),),
        SCALED,
    ),
    Mistake(
        "reshuffled-differently",
        "each epoch takes the samples in a new order; once a seed is set, Keras takes the same order in every epoch",
        "the first epoch is right to the last digit; all later ones differ a little",
        4,
        "loss",
        ((Fit, "_begin_epoch", wrong.new_order_each_epoch),),
        SCALED,
    ),
    Mistake(
        "unscaled-inputs",
        "grey values go in as 0 to 255; the net's Rescaling should scale them to 0 to 1",
        "the loss falls faster at first, but most units are saturated, and one rounding changes the whole training",
        1,
        "rescaling/y",
        ((layers.Rescaling, "forward", wrong.unscaled),),
        SCALED,
    ),
    Mistake(
        "zero-initial-weights",
        "kernels start at zero; Keras draws them with glorot_uniform",
        "the loss stays at log(10) = 2.30 for some epochs and then falls slowly: all units of a layer get the "
        "same gradient and stay alike",
        0,
        "initial dense/kernel",
        ((initializers.GlorotUniform, "__call__", wrong.zeros),),
        SCALED,
    ),
    Mistake(
        "forgotten-bias-gradient",
        "biases get no gradient and stay 0; the gradient is db = sum of dz over the rows",
        "nothing: the net trains nearly as well",
        1,
        "dense_1/db",
        ((layers.Dense, "backward", wrong.without_bias_gradient),),
        SCALED,
    ),
    Mistake(
        "float64-creeping-in",
        "a float64 array gets in somewhere and makes the whole training float64; Keras computes in float32",
        "nothing but the time, which about doubles",
        0,
        "initial dense/kernel",
        ((Backend, "empty", wrong.always_float64), (Backend, "gather", wrong.into_float64)),
        SCALED,
    ),
    Mistake(
        "sigmoid-derivative-of-z",
        "sigmoid's derivative is computed as z (1 - z), from its input; the derivative is a (1 - a), from its output",
        "accuracy stays far behind and the loss stops falling: units that are far from z = 0 get gradients of the "
        "wrong sign",
        1,
        "dense/dz",
        ((layers.Dense, "backward", wrong.derivative_of_z), (layers.Activation, "backward", wrong.derivative_of_z)),
        SCALED,
    ),
)

_BY_NAME = {mistake.name: mistake for mistake in GALLERY}


def find(name: str) -> Mistake:
    """The mistake of this name.

    Raises:
        ValueError: the gallery has no such mistake.
    """
    return lookup("mistake", name, _BY_NAME)
