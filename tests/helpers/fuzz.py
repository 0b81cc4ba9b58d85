"""Looks for a file that breaks a reader, for as long as one likes, guided by which lines each file reaches.

`pip install -e .[fuzz]`, and then `python tests/helpers/fuzz.py npz -max_total_time=600`. What comes after the
reader's name are libFuzzer's own options. It ends with a traceback, and the file that caused it, at the first exception
that is no FileFormatError; without one it ends in silence, and counts.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tinydnn", "zipfile", "json", "gzip"]):
    import tinydnn as keras
    from tinydnn import models

import reliability

READERS = {
    "keras": "model.keras",
    "weights": "w.weights.h5",
    "h5": "w.h5",
    "checkpoint": "checkpoint.npz",
    "npz": "digits.npz",
    "gz": "train-images-idx3-ubyte.gz",
    "idx": "train-images-idx3-ubyte",
}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in {*READERS, "json"}:
        sys.exit(f"usage: python tests/helpers/fuzz.py {{{','.join([*READERS, 'json'])}}} [libFuzzer's options]")
    kind = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as name:
        folder, corpus = Path(name), Path(name) / "corpus"
        corpus.mkdir()
        model = reliability.small_net()
        if kind == "json":
            (corpus / "whole").write_text(model.to_json())

            def read(content):
                models.model_from_json(content.decode("utf-8", "replace"))
        else:
            path = folder / READERS[kind]
            write, read_file, _ = reliability.FORMATS[path.name]
            write(model, path)
            (corpus / "whole").write_bytes(path.read_bytes())

            def read(content):
                path.write_bytes(content)
                read_file(path, model)

        def test_one_input(content):
            with suppress(keras.FileFormatError):
                read(content)

        atheris.Setup([*sys.argv, str(corpus)], test_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
