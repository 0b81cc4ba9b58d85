# A loop of one's own over batches: real points against noise, as half of a GAN does it.
import numpy as np
from keras.layers import Dense, LeakyReLU
from keras.models import Sequential
from keras.optimizers import Adam
from keras.utils import set_random_seed

set_random_seed(1)
rng = np.random.default_rng(1)
angle = rng.uniform(0, 2 * np.pi, 256)
circle = np.column_stack([np.cos(angle), np.sin(angle)])

discriminator = Sequential()
discriminator.add(Dense(25, input_dim=2, kernel_initializer="he_uniform"))
discriminator.add(LeakyReLU(negative_slope=0.2))
discriminator.add(Dense(1, activation="sigmoid"))
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(learning_rate=0.01, beta_1=0.5), metrics=["accuracy"])

half_batch = 32
for step in range(40):
    real = circle[rng.integers(0, 256, half_batch)]
    fake = rng.uniform(-1, 1, (half_batch, 2))
    loss_real = discriminator.train_on_batch(real, np.ones((half_batch, 1)))
    loss_fake = discriminator.train_on_batch(fake, np.zeros((half_batch, 1)))
    if step % 10 == 9:
        loss, accuracy = 0.5 * np.add(loss_real, loss_fake)
        print("%d [loss: %.4f, acc.: %.2f%%]" % (step + 1, loss, 100 * accuracy))
print(discriminator.test_on_batch(circle, np.ones((256, 1))))
print(discriminator.predict_on_batch(np.array([[1.0, 0.0], [0.0, 0.0]])))
