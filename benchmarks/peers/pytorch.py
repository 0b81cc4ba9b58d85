"""PyTorch: modules and a loop, as its tutorials have it, with the digits in one tensor."""

from typing import Any

import numpy as np
import torch

from benchmarks.task import Array, Pace, Task


class PyTorch:
    """Args: task, and whether torch.compile makes one function of a step's loss, and one of its update."""

    optimizer = "rmsprop, epsilon outside the root"

    def __init__(self, task: Task, compiled: bool) -> None:
        if task.threads is not None:
            torch.set_num_threads(task.threads)
        self._task = task
        modules: list[Any] = []
        for inputs, outputs in zip(task.sizes, task.sizes[1:], strict=False):
            modules += [torch.nn.Linear(inputs, outputs, dtype=getattr(torch, task.dtype)), torch.nn.Sigmoid()]
        self._model = torch.nn.Sequential(*modules[:-1])  # cross_entropy takes logits
        with torch.no_grad():
            for parameter, weight in zip(self._model.parameters(), task.weights(), strict=True):
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
        self._optimizer = torch.optim.RMSprop(self._model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
        self._loss = torch.compile(self._mean_loss) if compiled else self._mean_loss
        self._update = torch.compile(self._optimizer.step) if compiled else self._optimizer.step

    def _mean_loss(self, x: Any, labels: Any) -> Any:
        return torch.nn.functional.cross_entropy(self._model(x), labels)

    def train(self, epochs: int, pace: Pace) -> None:
        x, labels = map(torch.from_numpy, self._task.data())
        for _ in range(epochs):
            pace.begin()
            for rows in torch.randperm(len(x)).split(self._task.batch_size):
                self._optimizer.zero_grad()
                self._loss(x[rows], labels[rows]).backward()
                self._update()
            pace.end()

    def weights(self) -> list[Array]:
        return [parameter.detach().numpy().T.copy() for parameter in self._model.parameters()]

    def predict(self, x: Array) -> Array:
        with torch.inference_mode():
            return torch.softmax(self._model(torch.from_numpy(x)), dim=1).numpy()
