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
}
