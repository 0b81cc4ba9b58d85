# Digits through 16 numbers and back; the encoder and the decoder are models of their own with the same layers.
import keras
from keras import layers

keras.utils.set_random_seed(8)
(x_train, _), (x_test, _) = keras.datasets.mnist.load_data()
x_train = x_train[:512].astype("float32").reshape((512, -1)) / 255.0
x_test = x_test[:64].astype("float32").reshape((64, -1)) / 255.0

encoding_dim = 16
input_img = keras.Input(shape=(784,))
encoded = layers.Dense(encoding_dim, activation="relu", activity_regularizer=keras.regularizers.l1(1e-5))(input_img)
decoded = layers.Dense(784, activation="sigmoid")(encoded)
autoencoder = keras.Model(input_img, decoded)

encoder = keras.Model(input_img, encoded)
encoded_input = keras.Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = keras.Model(encoded_input, decoder_layer(encoded_input))

autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
history = autoencoder.fit(
    x_train, x_train, epochs=4, batch_size=128, shuffle=True, validation_data=(x_test, x_test), verbose=0
)
print(history.history)
codes = encoder.predict(x_test, verbose=0)
images = decoder.predict(codes, verbose=0)
print(codes.shape, codes.mean(), images.shape, images.mean())
print("the same by both ways:", abs(autoencoder.predict(x_test, verbose=0) - images).max() < 1e-6)
