# What can be asked of a model.
import numpy as np
from keras import Input, Sequential, layers, optimizers

model = Sequential(name="small")
model.add(Input(shape=(4,)))
model.add(layers.Dense(3, activation="sigmoid", name="hidden"))
model.add(layers.Dropout(0.25, name="off"))
model.add(layers.Dense(2, name="out"))
model.add(layers.Softmax(name="classes"))
model.compile(
    optimizer=optimizers.RMSprop(learning_rate=0.01, rho=0.8), loss="categorical_crossentropy", metrics=["accuracy"]
)
model.summary()
for layer in model.layers:
    config = layer.get_config()
    print(
        layer.name, layer.output.shape, layer.count_params(), {k: config[k] for k in ("units", "rate") if k in config}
    )
print(model.input_shape, model.output_shape, model.built, [tuple(w.shape) for w in model.weights])
print(model.get_config()["name"], len(model.get_config()["layers"]))
settings = model.optimizer.get_config()
print(settings["name"], round(float(settings["learning_rate"]), 5), settings["rho"])

again = Sequential.from_config(model.get_config())
again.set_weights(model.get_weights())
x = np.random.default_rng(1).normal(size=(5, 4))
print("the same outputs:", np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0)))
model.pop()
print([layer.name for layer in model.layers], model.count_params())
