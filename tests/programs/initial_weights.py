# How wide the outputs of a deep net are, by how its weights begin.
import numpy as np
import keras
from keras import initializers, layers

x = np.random.default_rng(20).normal(size=(100, 50)).astype("float32")
for initializer in [
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "lecun_uniform", "orthogonal",
    initializers.RandomNormal(mean=0.0, stddev=0.05, seed=5), initializers.RandomUniform(minval=-0.05, maxval=0.05),
    initializers.TruncatedNormal(stddev=0.1), initializers.VarianceScaling(2.0, mode="fan_avg", distribution="uniform"),
]:  # fmt: skip
    keras.utils.set_random_seed(31)
    model = keras.Sequential([keras.Input((50,))])
    for _ in range(4):
        model.add(layers.Dense(50, activation="relu", kernel_initializer=initializer, bias_initializer="zeros"))
    name = initializer if isinstance(initializer, str) else initializer.__class__.__name__
    first = model.layers[0].get_weights()[0]
    print(f"{name:18} weights {first.std():.4f} from {first.min():.3f} to {first.max():.3f}", end=" ")
    print("outputs", np.asarray(model(x)).std().round(5))
