# A generator and a discriminator of numbers: one model that trains half of its layers.
import numpy as np
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import set_random_seed

set_random_seed(2)
latent_dim = 5
rng = np.random.default_rng(2)

discriminator = Sequential([Input((2,)), Dense(16, activation="relu"), Dense(1, activation="sigmoid")])
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.005))
generator = Sequential([Input((latent_dim,)), Dense(16, activation="relu"), Dense(2)])

z = Input(shape=(latent_dim,))
combined = Model(z, discriminator(generator(z)))
discriminator.trainable = False
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.005))

before = discriminator.get_weights()[0].copy()
for step in range(30):
    x = rng.normal(size=(32, 1))
    real = np.hstack([x, x**2])
    fake = generator.predict_on_batch(rng.normal(size=(32, latent_dim)))
    discriminator.trainable = True
    d_loss = discriminator.train_on_batch(np.vstack([real, fake]), np.r_[np.ones(32), np.zeros(32)])
    discriminator.trainable = False
    g_loss = combined.train_on_batch(rng.normal(size=(64, latent_dim)), np.ones(64))
print("losses: %.4f and %.4f" % (d_loss, g_loss))
print("the discriminator has learnt:", np.abs(discriminator.get_weights()[0] - before).max())
print(generator.predict(rng.normal(size=(3, latent_dim)), verbose=0))
