# Three kinds of flowers, four lengths; one-hot, split and confusion matrix by hand.
import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.utils import to_categorical, set_random_seed

set_random_seed(13)
centers = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
kinds = np.repeat([0, 1, 2], 40)
lengths = centers[kinds] + np.random.normal(0, 0.3, (120, 4))
order = np.random.permutation(120)
lengths, kinds = lengths[order], kinds[order]
names = ["setosa", "versicolor", "virginica"]

train_x, test_x = lengths[:90], lengths[90:]
train_y, test_y = to_categorical(kinds[:90]), to_categorical(kinds[90:], num_classes=3)

model = Sequential()
model.add(Dense(10, input_shape=(4,), activation="relu", name="fc1"))
model.add(Dense(10, activation="relu", name="fc2"))
model.add(Dense(3, activation="softmax", name="output"))
model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
print(model.summary())
model.fit(train_x, train_y, verbose=2, batch_size=5, epochs=8)

results = model.evaluate(test_x, test_y, verbose=0)
print("Final test set loss: {:4f}".format(results[0]))
print("Final test set accuracy: {:4f}".format(results[1]))
predicted = np.argmax(model.predict(test_x, verbose=0), axis=1)
confusion = np.zeros((3, 3), dtype=int)
for truth, guess in zip(kinds[90:], predicted):
    confusion[truth, guess] += 1
print(confusion)
print([names[i] for i in predicted[:5]])
