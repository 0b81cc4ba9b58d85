# Demand that drifts: recent days weigh more.
import numpy as np
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.utils import set_random_seed

rng = np.random.default_rng(28)
days = np.arange(240)
weekday = np.eye(7)[days % 7]
demand = weekday @ rng.uniform(2, 6, 7) + days / 60 + rng.normal(0, 0.2, 240)
recency = np.exp((days - 239) / 60)


def build():
    set_random_seed(28)
    model = Sequential([Input((7,)), Dense(16, activation="relu"), Dense(1)])
    model.compile(optimizer="adam", loss="mse", metrics=["mae"], weighted_metrics=["mse"])
    return model


plain, weighted = build(), build()
plain.fit(weekday[:200], demand[:200], epochs=8, batch_size=20, verbose=0)
log = weighted.fit(
    weekday[:200], demand[:200], sample_weight=recency[:200], epochs=8, batch_size=20, verbose=0,
    validation_data=(weekday[200:], demand[200:], recency[200:]),
)  # fmt: skip
for name, values in log.history.items():
    print(name, values[-1])
print("plain:", plain.evaluate(weekday[200:], demand[200:], verbose=0, return_dict=True))
print(
    "weighted:",
    weighted.evaluate(weekday[200:], demand[200:], sample_weight=recency[200:], verbose=0, return_dict=True),
)
