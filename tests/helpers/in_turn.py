"""Which cases run where all combinations would take Keras too long: it traces a function anew for each net."""


def in_turn(names, values):
    """Each name with one of the values, one after the other."""
    return [(name, values[i % len(values)]) for i, name in enumerate(names)]


def in_float64(names):
    """Each name in float64, where no mistake can hide behind a rounding, and every third in float32 too."""
    names = list(names)
    return [(name, "float64") for name in names] + [(name, "float32") for name in names[::3]]
