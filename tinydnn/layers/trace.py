"""What a pass keeps of each of its layers."""

from collections.abc import Sequence

from tinydnn.device.backend import Array


class Trace:
    """What one pass keeps of one layer; its arrays hold until the pass runs again.

    x, y: the layer's input and output, (rows, …); x and dx are lists where a layer takes several inputs.
    z: what goes into the activation of a Dense or Activation layer; y is a = f(z) then.
    dy: the gradient of the loss with respect to y, as it arrived; None where the pass did not go backward so far.
    dz: the gradient with respect to z, of a Dense layer.
    xhat, mean, variance, inverse: of a layer that normalizes; x̂ = (x - mean) * inverse.
    mean_of_g, mean_of_gx: of LayerNormalization, the means over a row of g, the gradient with respect to x̂, and of g x̂.
    squares, dot: of UnitNormalization, the sums over a row of x² and of dy * y. deviation: of Normalization, the root.
    dx: room for the gradient with respect to x; None where no layer below needs it.
    gradients: for each weight that is trained, a view into the pass's flat gradient; none in a frozen layer.
    frozen: whether the layer is not trained.
    ones, mask, work, sums: scratch arrays. words: what a GPU draws the mask from; `prepare` sets it.
    training, first_row: whether dropout drops, and which row of the whole batch row 0 is.
    loss_activates: whether the loss computes the activation, so that `forward` ends at z.
    loss_takes_z: whether the loss is computed from z, so that `backward` begins with dz.
    """

    x: Array
    y: Array
    z: Array
    dy: Array | None = None
    dz: Array
    dx: Array | None = None
    gradients: Sequence[Array] = ()
    ones: Array
    mask: Array
    work: Array
    sums: dict[str, Array]
    xhat: Array
    mean: Array
    variance: Array
    inverse: Array
    mean_of_g: Array
    mean_of_gx: Array
    squares: Array
    dot: Array
    deviation: Array
    words: Array | None
    training: bool = False
    frozen: bool = False
    first_row: int = 0
    loss_activates: bool = False
    loss_takes_z: bool = False
