"""Fashion-MNIST: 70,000 pictures of clothes, in MNIST's shape (mirrors keras/src/datasets/fashion_mnist.py)."""

import os

from tinydnn.datasets import cache, mnist
from tinydnn.names import not_offered

__all__ = ["load_data"]


def load_data() -> tuple[mnist.Split, mnist.Split]:
    """((x_train, y_train), (x_test, y_test)): images (n, 28, 28) of grey values 0 .. 255 and labels (n,), uint8.

    The labels are 0 T-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.
    The files lie in Keras' folder of data sets, in fashion-mnist. Keras publishes no checksums of them;
    those that gzip writes into them are compared.

    Raises:
        OSError: a file is not there, and can't be downloaded.
        FileFormatError: a file is damaged or of another kind.
    """
    paths = [cache.find(f"{name}.gz", f"{name}.gz", None, "fashion-mnist") for name, _ in mnist.IDX_FILES]
    return mnist.load_data(os.path.dirname(paths[0]))


__getattr__ = not_offered(__name__, globals())
