# A callback that keeps every batch's loss, and one that ends the training when all is learnt.
import numpy as np
import tensorflow as tf


class LossHistory(tf.keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get("loss"))


class Enough(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs.get("accuracy") >= 0.97:
            print("\nReached 97% accuracy in epoch", epoch + 1)
            self.model.stop_training = True


tf.keras.utils.set_random_seed(44)
x = np.random.normal(size=(256, 2)).astype(np.float32)
y = (x[:, 0] > x[:, 1]).astype(np.int32)
model = tf.keras.Sequential(
    [
        tf.keras.Input(shape=(2,)),
        tf.keras.layers.Dense(8, activation=tf.keras.activations.relu),
        tf.keras.layers.Dense(2),
    ]
)
model.compile(
    optimizer=tf.keras.optimizers.Adam(0.02),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = LossHistory()
model.fit(x, y, batch_size=32, epochs=12, verbose=0, callbacks=[history, Enough()])
print(len(history.losses), "batches, of which the first and the last:", history.losses[0], history.losses[-1])
print(len(model.history.history["loss"]), "epochs")
