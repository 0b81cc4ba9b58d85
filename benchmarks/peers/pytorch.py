"""PyTorch: modules and a loop, as its tutorials have it, with the digits in one tensor on the task's device."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.task import Array, Pace, Task
from keras_ref.backends import BACKENDS

WARM_UP = 3  # steps before a capture, as PyTorch's notes on CUDA graphs advise


class PyTorch:
    """Each operation one by one."""

    optimizer = "rmsprop, epsilon outside the root"
    capturable = False  # whether the optimizer counts its steps on the GPU

    def __init__(self, task: Task) -> None:
        if task.threads is not None:
            torch.set_num_threads(task.threads)
        BACKENDS["torch"].set_tf32(task.tf32)
        self._task, self._device = task, torch.device({"cpu": "cpu", "gpu": "cuda"}[task.device])
        modules: list[Any] = []
        for inputs, outputs in zip(task.sizes, task.sizes[1:], strict=False):
            modules += [torch.nn.Linear(inputs, outputs, dtype=getattr(torch, task.dtype)), torch.nn.Sigmoid()]
        self._model = torch.nn.Sequential(*modules[:-1]).to(self._device)  # cross_entropy takes logits
        self._set_weights()
        self._optimizer = torch.optim.RMSprop(
            self._model.parameters(), lr=0.001, alpha=0.9, eps=1e-7, capturable=self.capturable
        )

    def _set_weights(self) -> None:
        with torch.no_grad():
            for parameter, weight in zip(self._model.parameters(), self._task.weights(), strict=True):
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))

    def _loss(self, x: Any, labels: Any) -> Any:
        return torch.nn.functional.cross_entropy(self._model(x), labels)

    def _update(self) -> None:
        self._optimizer.step()

    def _step_on(self, x: Any, labels: Any) -> Callable[[Any], None]:
        """A training step on rows of these digits."""

        def step(rows: Any) -> None:
            self._optimizer.zero_grad()
            self._loss(x[rows], labels[rows]).backward()
            self._update()

        return step

    def train(self, epochs: int, pace: Pace) -> None:
        x, labels = (torch.from_numpy(each).to(self._device) for each in self._task.data())
        step = self._step_on(x, labels)
        for _ in range(epochs):
            pace.begin()
            for rows in torch.randperm(len(x), device=self._device).split(self._task.batch_size):
                step(rows)
            if self._task.device == "gpu":
                torch.cuda.synchronize()
            pace.end()

    def weights(self) -> list[Array]:
        return [parameter.detach().cpu().numpy().T.copy() for parameter in self._model.parameters()]

    def predict(self, x: Array) -> Array:
        with torch.inference_mode():
            return torch.softmax(self._model(torch.from_numpy(x).to(self._device)), dim=1).cpu().numpy()


class Compiled(PyTorch):
    """torch.compile makes one function of a step's loss, and one of its update."""

    def __init__(self, task: Task) -> None:
        self.capturable = task.device == "gpu"  # else the counts of the steps lie in main memory
        super().__init__(task)
        torch.compiler.reset()  # else a process's ninth net would run without being compiled
        self._loss = torch.compile(self._loss)  # type: ignore[method-assign]
        self._update = torch.compile(self._optimizer.step)  # type: ignore[method-assign]


class Captured(PyTorch):
    """A step is one CUDA graph, which the GPU replays: one for whole batches, and one for a smaller last one."""

    capturable = True

    def _step_on(self, x: Any, labels: Any) -> Callable[[Any], None]:
        eager = super()._step_on(x, labels)
        graphs = {n: self._captured(eager, n) for n in set(self._task.batches)}
        self._set_weights()  # warming up has changed them
        for state in self._optimizer.state.values():
            for slot in state.values():
                slot.zero_()

        def step(rows: Any) -> None:
            graph, taken = graphs[len(rows)]
            taken.copy_(rows)
            graph.replay()

        return step

    def _captured(self, step: Callable[[Any], None], n: int) -> tuple[Any, Any]:
        """The graph of a step on n rows, and the tensor that it reads their numbers from."""
        rows = torch.arange(n, device=self._device)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                step(rows)
        torch.cuda.current_stream().wait_stream(side)
        self._optimizer.zero_grad()  # so that the capture makes the gradients in memory of its own
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step(rows)
        return graph, rows
