"""Every optimizer and loss with its options, made by the same lines on both engines: k is tinydnn or Keras."""

OPTIMIZERS = {
    "rmsprop": lambda k: k.optimizers.RMSprop(),
    "rmsprop momentum": lambda k: k.optimizers.RMSprop(0.01, rho=0.8, momentum=0.9),
    "rmsprop centered": lambda k: k.optimizers.RMSprop(centered=True, epsilon=1e-4),
    "rmsprop all": lambda k: k.optimizers.RMSprop(centered=True, momentum=0.5, weight_decay=0.01, clipnorm=0.1),
    "rmsprop weight decay": lambda k: k.optimizers.RMSprop(weight_decay=0.1),
    "rmsprop clipvalue": lambda k: k.optimizers.RMSprop(clipvalue=0.01),
    "rmsprop clipnorm": lambda k: k.optimizers.RMSprop(clipnorm=0.05),
    "rmsprop global_clipnorm": lambda k: k.optimizers.RMSprop(global_clipnorm=0.05),
    "sgd": lambda k: k.optimizers.SGD(0.1),
    "sgd momentum": lambda k: k.optimizers.SGD(0.1, momentum=0.9),
    "sgd nesterov": lambda k: k.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "sgd weight decay": lambda k: k.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01),
    "sgd clipvalue": lambda k: k.optimizers.SGD(0.1, clipvalue=0.01),
    "sgd clipnorm": lambda k: k.optimizers.SGD(0.1, clipnorm=0.05),
    "sgd global_clipnorm": lambda k: k.optimizers.SGD(0.1, global_clipnorm=0.05),
    "adam": lambda k: k.optimizers.Adam(0.01),
    "adam options": lambda k: k.optimizers.Adam(beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.01),
    "adam clipnorm": lambda k: k.optimizers.Adam(clipnorm=0.05),
    "adam amsgrad": lambda k: k.optimizers.Adam(0.01, beta_2=0.6, amsgrad=True),
    "adamw": lambda k: k.optimizers.AdamW(),
    "adamw options": lambda k: k.optimizers.AdamW(0.01, 0.1, amsgrad=True, global_clipnorm=0.05),
    "adamax": lambda k: k.optimizers.Adamax(0.01),
    "adamax options": lambda k: k.optimizers.Adamax(
        beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.1, clipnorm=0.05
    ),
    "nadam": lambda k: k.optimizers.Nadam(0.01),
    "nadam options": lambda k: k.optimizers.Nadam(
        beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.1, clipvalue=0.01
    ),
    "adagrad": lambda k: k.optimizers.Adagrad(0.1),
    "adagrad options": lambda k: k.optimizers.Adagrad(0.1, 0.01, epsilon=1e-4, weight_decay=0.1, clipnorm=0.05),
    "adadelta": lambda k: k.optimizers.Adadelta(1.0),
    "adadelta options": lambda k: k.optimizers.Adadelta(
        0.5, rho=0.8, epsilon=1e-4, weight_decay=0.1, global_clipnorm=0.05
    ),
    "lion": lambda k: k.optimizers.Lion(),
    "lion options": lambda k: k.optimizers.Lion(0.01, beta_1=0.8, beta_2=0.7, weight_decay=0.1, clipnorm=0.05),
    "sgd with a schedule": lambda k: k.optimizers.SGD(
        k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), momentum=0.9
    ),
    "adamw with a schedule": lambda k: k.optimizers.AdamW(k.optimizers.schedules.InverseTimeDecay(0.01, 30, 0.5), 0.1),
    "nadam with a schedule": lambda k: k.optimizers.Nadam(k.optimizers.schedules.PolynomialDecay(0.01, 8, cycle=True)),
}

SCHEDULES = {
    "exponential": lambda s: s.ExponentialDecay(0.1, 10, 0.96),
    "exponential staircase": lambda s: s.ExponentialDecay(0.1, 7, 0.9, staircase=True),
    "inverse time": lambda s: s.InverseTimeDecay(0.1, 10, 0.5),
    "inverse time staircase": lambda s: s.InverseTimeDecay(0.1, 7, 0.5, staircase=True),
    "polynomial": lambda s: s.PolynomialDecay(0.1, 30),
    "polynomial power": lambda s: s.PolynomialDecay(0.1, 30, 0.01, power=0.5),
    "polynomial cycle": lambda s: s.PolynomialDecay(0.1, 13, 0.01, power=2.0, cycle=True),
    "piecewise constant": lambda s: s.PiecewiseConstantDecay([3, 17], [0.1, 0.05, 0.01]),
    "piecewise constant between steps": lambda s: s.PiecewiseConstantDecay([3.5, 17.9], [0.1, 0.05, 0.01]),
    "cosine": lambda s: s.CosineDecay(0.1, 30),
    "cosine alpha": lambda s: s.CosineDecay(0.1, 30, alpha=0.1),
    "cosine warmup": lambda s: s.CosineDecay(0.01, 30, alpha=0.1, warmup_target=0.3, warmup_steps=10),
    "cosine restarts": lambda s: s.CosineDecayRestarts(0.1, 7, alpha=0.1),
    "cosine restarts of one length": lambda s: s.CosineDecayRestarts(0.1, 7, t_mul=1.0, m_mul=0.9),
    "cosine restarts options": lambda s: s.CosineDecayRestarts(0.1, 10, t_mul=1.5, m_mul=0.8),
}

LOSSES = {
    "softmax": ("softmax", lambda k: "categorical_crossentropy"),
    "sparse": ("softmax", lambda k: "sparse_categorical_crossentropy"),
    "logits": (None, lambda k: k.losses.CategoricalCrossentropy(from_logits=True)),
    "sparse logits": (None, lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True)),
    "sigmoid": ("sigmoid", lambda k: "categorical_crossentropy"),
    "sparse sigmoid": ("sigmoid", lambda k: "sparse_categorical_crossentropy"),
    "mse": ("tanh", lambda k: "mse"),
    "mse of a softmax": ("softmax", lambda k: "mean_squared_error"),
    "binary": ("sigmoid", lambda k: "binary_crossentropy"),
    "mae": (None, lambda k: "mae"),
    "msle": ("softplus", lambda k: "msle"),
    "huber": (None, lambda k: k.losses.Huber()),
    "log_cosh": ("tanh", lambda k: k.losses.LogCosh()),
    "poisson": ("softplus", lambda k: "poisson"),
    "hinge": ("tanh", lambda k: "hinge"),
    "squared hinge": ("tanh", lambda k: k.losses.SquaredHinge()),
    "categorical hinge": (None, lambda k: "categorical_hinge"),
    "kl_divergence": ("softmax", lambda k: k.losses.kl_divergence),
    "cosine similarity": (None, lambda k: "cosine_similarity"),
    "smoothed": ("softmax", lambda k: k.losses.CategoricalCrossentropy(label_smoothing=0.1)),
    "smoothed probabilities": ("softplus", lambda k: k.losses.CategoricalCrossentropy(label_smoothing=0.1)),
    "smoothed binary": ("sigmoid", lambda k: k.losses.BinaryCrossentropy(label_smoothing=0.2)),
}
