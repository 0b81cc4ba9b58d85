"""One part of a run, in a process of its own: python benchmarks/card/part.py NAME FOLDER FILE [--quick].

FILE gets what the part has found, anew whenever there is more, so that it stays when the part is cut off.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import machine  # noqa: E402
from benchmarks.card.parts import PARTS  # noqa: E402
from tinydnn.device import devices  # noqa: E402
from tinydnn.files.whole import to_json, write_whole  # noqa: E402

LEFT_OUT = "left_out"  # the only entry of what a part found that was not run


def main(name: str, folder: Path, file: Path, quick: bool) -> None:
    """Run the part."""
    part = PARTS[name]
    if part.timed and devices.gpu() and machine.gpu_name() is None:
        write_whole(file, to_json({LEFT_OUT: "an emulated GPU is not timed"}).encode())
        return
    for found in part.work(folder, quick):
        write_whole(file, to_json(found).encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), "--quick" in sys.argv[4:])
