# What the weights are after each epoch.
import numpy as np
from tensorflow.keras.callbacks import LambdaCallback
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import set_random_seed

set_random_seed(33)
X = np.random.normal(size=(120, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 4

model = Sequential(name="line")
model.add(Input(shape=(3,)))
model.add(Dense(1, name="out"))
model.compile(optimizer="sgd", loss="mean_squared_error")
show = LambdaCallback(
    on_train_begin=lambda logs: print("begin"),
    on_epoch_end=lambda epoch, logs: print(epoch, round(logs["loss"], 4), model.layers[0].get_weights()[0].ravel()),
    on_train_end=lambda logs: print("end"),
)
model.fit(X, y, epochs=4, batch_size=10, callbacks=[show], verbose=0)
weights, bias = model.get_layer("out").get_weights()
print(weights.shape, bias)
model.get_layer("out").set_weights([np.array([[1.0], [-2.0], [0.5]]), np.array([4.0])])
print("the true weights have the loss", model.evaluate(X, y, verbose=0))
