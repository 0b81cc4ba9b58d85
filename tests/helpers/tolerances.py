"""How close two right answers must be, each with its reason; no test has a tolerance of its own."""

# The same formulas in another order of float64 operations: a few roundings of 1e-16 each.
SAME_FLOAT64 = 1e-13

# The same in float32, where one rounding is 6e-8 of numbers near 1.
SAME_FLOAT32 = 2e-6

# A central difference in float64 with step 1e-6 has an error of about 1e-10 from rounding and from the
# third derivative; weights and inputs here are near 1.
FINITE_DIFFERENCE = 1e-7

# The same slopes next to gradients in float32: some roundings of the largest gradient, which is below 1.
FINITE_DIFFERENCE_FLOAT32 = 1e-6

# Shares of a batch are added up in another order with another number of threads; after 20 steps of the
# walkthrough's net in float32 that is what the issue that asked for threads allows.
OTHER_THREAD_COUNT = 1e-6

# Golden figures that are given to six decimals, or to six digits.
GOLDEN_SIX_DECIMALS = 1e-6
GOLDEN_SIX_DIGITS = 2e-6

# One epoch of Keras in float64, given to all its digits: 94 steps of roundings, no chaos on scaled inputs.
GOLDEN_FLOAT64 = 1e-12

# Keras and tinydnn after a few float32 steps: TensorFlow's exp, tanh and matmul round differently.
KERAS_FLOAT32 = 3e-6

# Weights after one step of the walkthrough's net on raw grey values next to Keras. A sigmoid is off by 1e-5 in float32
# there, since its z is in the hundreds; and RMSprop's step is off by three times what the gradient is.
RAW_STEP = {"float32": 2e-6, "float64": 1e-14}

# An activation or its derivative next to Keras. TensorFlow's exp and tanh are off by an ulp or two, and where 1 - tanh²
# is small, that is multiplied by z: measured 3.6e-6 and 2.4e-14, both of the approximate gelu.
ACTIVATION = {"float32": 5e-6, "float64": 3e-14}

# The same in float64.
KERAS_FLOAT64 = 1e-13

# Weights after some epochs in float64 on scaled digits, some of them in Keras: some hundred roundings near 1, no chaos.
HANDED_OVER = 1e-12

# Mean difference of grey values, 0 .. 255, between a test digit and itself enlarged, drawn and read back:
# resampling twice costs 7; one pixel off the place that MNIST's rule gives would cost 17.
DRAWN_DIGIT = 11

# The same where noise hides the edges of the strokes, so that the digit may lie up to a pixel off.
NOISY_DIGIT = 17

# A GPU next to the CPU, in one operation on numbers near 1. Its roundings are others: it makes one of a * b + c, adds
# up in blocks, and its tanh and exp may be off by two units of the last place.
GPU_OPERATION = {"float32": 1e-6, "float64": 2e-15}

# The same after 20 steps of a training on scaled inputs; the issue that asked for the GPU allows 1e-5 in float32.
GPU_TRAINING = {"float32": 1e-5, "float64": 1e-12}

# A page's probabilities, computed in float64, next to the engine's in float32: what the issue that asked for it allows.
PAGE_PROBABILITY = 1e-5

# Weights after five steps of the page, in float64, next to the engine's. In float32 that is what the issue that asked
# for it allows. In float64 the engine rounds 1/255, 0.9 and 0.999 to float32, as Keras does: 3e-8, measured with Adam.
PAGE_STEP = {"float32": 1e-5, "float64": 1e-7}

# docs/one_file.py next to the engine: weights and log of an epoch on scaled inputs. The formulas are the same and sums
# are in another order; measured 8.9e-8 in float32 and 1.7e-16 in float64.
ONE_FILE = {"float32": 1e-6, "float64": 1e-15}

# Weights after 50 steps next to Keras, on scaled inputs, with learning rates up to 1. An optimizer that divides by a
# root which may be near 0 makes more of a rounding than SGD does.
TRAINED = {"float32": 1e-4, "float64": 1e-11}

# Learning rates of a schedule next to those of Keras' graphs: some roundings in float32 of rates up to 0.3.
RATE = 5e-8

# A figure that a program prints after a few hundred steps in float32, next to Keras: what `TRAINED` allows of weights,
# and of printed digits one unit of the last, as a rounding may carry it.
PRINTED_FIGURE = 1e-4
# The product that Nadam counts along, next to Keras' after some steps, which rounds it in float32 at each.
KERAS_PRODUCT = 1e-6
