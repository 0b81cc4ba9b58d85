"""What scripts/gpu.py might write on a card, with figures that are made up and easy to check."""

CPU, GPU = "tinydnn, CPU", "tinydnn, GPU"


def check(difference, passed=True):
    return {
        "name": "matmul", "form": "fused", "dtype": "float32", "difference": difference, "allowed": 1e-5,
        "error": None if difference is not None else "CUDARuntimeError: no memory", "passed": passed,
    }  # fmt: skip


def way(seconds, accuracy):
    log = {"loss": [2.0, 1.0], "accuracy": [0.5, accuracy], "val_loss": [2.0, 1.5], "val_accuracy": [0.5, 0.75]}
    return {"seconds": [seconds, seconds], "log": log, "test": {"loss": 1.25, "accuracy": accuracy}}


def call(name, kind, shapes, flops, host, device):
    return {"name": name, "kind": kind, "shapes": shapes, "flops": flops, "host_s": host, "device_s": device}


def part(found, state="done"):
    return {"state": state, "seconds": 1.5, "found": found}


def results():
    """A whole run, of which the predictions were cut off."""
    machine = {
        "nvidia-smi": {"name": "NVIDIA H100", "driver_version": "580.1", "memory.total": "81559 MiB"},
        "card": "NVIDIA H100",
        "versions": {
            "tinydnn": "0.1.0", "CuPy": "14.2.0", "torch": None,
            "devices": [{"device": "cpu", "name": "a processor", "cores": 16}],
        },
        "absent": ["Keras"],
    }  # fmt: skip
    selftest = {"checks": [check(1e-7), check(2e-6)], "figures": {"kernel calls a step": 15}}
    training = {"scaled": {"gpu": way(0.05, 0.875), "cpu": way(0.5, 0.75), "weights apart": {"1": 1e-7, "2": 3e-6}}}
    epochs = {
        "pairs": {
            CPU: {GPU: [0.047, 0.047], CPU: [0.47, 0.94]},
            "PyTorch, GPU": {GPU: [0.047, 0.047], "PyTorch, GPU": [0.0235, 0.0235]},
        },
        "TF32": {"PyTorch, GPU": {GPU: [0.045, 0.045], "PyTorch, GPU": [0.0225, 0.0225]}},
        "differences": {GPU: 6e-8},
        "failed": {"JAX, jit, GPU": "JAX, jit ended with exit code 1: no memory"},
    }
    whole = {
        "alone_host_s": [3e-4], "alone_done_s": [4e-4], "row_host_s": 3e-4, "row_device_s": 3.5e-4,
        "row_clock_s": 3.6e-4, "queued_device_s": 1e-4,
    }  # fmt: skip
    calls = [
        call("gather", "launches", "48000×784, 512×1, 512×784", None, 1e-5, 4e-6),
        call("matmul", "products", "512×784 @ 784×324", 260_112_384, 2e-5, 2e-5),
    ]
    step = {
        "calls": calls,
        "steps": {"call by call": whole},
        "launch": {"an empty kernel": {"host_s": 3e-6, "device_s": None}},
    }
    crossover = {"32 32": {"CPU": [0.1, 0.1], "GPU": [0.2, 0.2], "launches": 14, "products": 11}}
    growth = {"batch size": {"32": {GPU: [0.5, 0.5], "PyTorch, GPU": [0.25, 0.25]}}}
    ceilings = {
        "products": [{"name": "x @ W of layer 1", "flops": 260_112_384, "device_s": 1e-5}],
        "large product": {"size": 8192, "flops": 2 * 8192**3, "device_s": 0.02},
        "copies": {"device to device, cudaMemcpy": {"bytes": 2**31, "seconds": 1e-3}},
    }
    return {
        "made": "2026-11-26 18:00", "command": "python3 scripts/gpu.py", "commit": "5b4aa57",
        "minutes": 8, "quick": False,
        "parts": {
            "machine": part(machine),
            "selftest": part(selftest),
            "tests": part({"exit_code": 0, "summary": "244 passed, 12 skipped in 60.00s", "failed": []}),
            "training": part(training),
            "epochs": part(epochs),
            "step": part(step),
            "crossover": part(crossover),
            "growth": part(growth),
            "predictions": part(None, "cut off after 25 s") | {"last_output": "the last words"},
            "ceilings": part(ceilings),
        },
    }  # fmt: skip
