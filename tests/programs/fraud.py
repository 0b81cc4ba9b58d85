# Few frauds among many transactions: weights for the classes, and what accuracy does not show.
import numpy as np
import keras

keras.utils.set_random_seed(30)
rng = np.random.default_rng(30)
features = rng.normal(size=(800, 10)).astype("float32")
targets = (features[:, :1] + features[:, 1:2] > 2.0).astype("uint8")

num_val_samples = int(len(features) * 0.25)
train_features, train_targets = features[:-num_val_samples], targets[:-num_val_samples]
val_features, val_targets = features[-num_val_samples:], targets[-num_val_samples:]
counts = np.bincount(train_targets[:, 0])
print("positive: {} ({:.2f}%)".format(counts[1], 100 * float(counts[1]) / len(train_targets)))
weight_for_0, weight_for_1 = 1.0 / counts[0], 1.0 / counts[1]

mean, std = np.mean(train_features, axis=0), np.std(train_features, axis=0)
train_features, val_features = (train_features - mean) / std, (val_features - mean) / std

model = keras.Sequential(
    [
        keras.Input(shape=train_features.shape[1:]),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
metrics = [
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
]
model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy", metrics=metrics)
class_weight = {0: weight_for_0, 1: weight_for_1}
model.fit(
    train_features, train_targets, batch_size=64, epochs=5, verbose=2,
    validation_data=(val_features, val_targets), class_weight=class_weight,
)  # fmt: skip
for name, value in model.evaluate(val_features, val_targets, verbose=0, return_dict=True).items():
    print(name, value)
