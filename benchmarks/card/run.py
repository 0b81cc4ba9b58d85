"""One command for a card: `python3 scripts/gpu.py`. It proves that tinydnn computes right on this GPU, and times it.

Each part runs in a process of its own, and is cut off when its time is up; a part that needs less leaves the rest to
those after it. results.json and report.md are written anew after each part.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.card import report  # noqa: E402
from benchmarks.card.part import LEFT_OUT  # noqa: E402
from benchmarks.card.parts import PARTS, Part  # noqa: E402
from benchmarks.card.proof import NO_GPU  # noqa: E402
from benchmarks.run import new_folder  # noqa: E402
from benchmarks.turns import say  # noqa: E402
from tinydnn.device.interrupts import Terminated, end_as_ctrl_c_does  # noqa: E402
from tinydnn.files.whole import to_json, write_whole  # noqa: E402

PART = Path(__file__).with_name("part.py")
LEAST = 2.0  # seconds that a part needs to begin at all
LAST_OUTPUT = 2000  # characters
DONE = "done"
# One of several processes on a GPU takes the memory that it needs, not all there is.
SHARING = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "3"}


def main(
    minutes: Annotated[float, typer.Option(min=1, help="How long all of it may take.")] = 8,
    out: Annotated[Path | None, typer.Option(help="A new folder; else one under runs/ with the time.")] = None,
    only: Annotated[list[str] | None, typer.Option(help=f"This part alone: {', '.join(PARTS)}; repeatable.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A rehearsal: few tests, two short epochs.")] = False,
) -> None:
    """Prove and time tinydnn on this GPU, and write results.json, report.md and pictures."""
    unknown = set(only or ()) - PARTS.keys()
    if unknown:
        raise typer.BadParameter(f"expected {', '.join(PARTS)}. Received: {', '.join(unknown)}", param_hint="--only")
    folder = new_folder(out, "gpu")
    end_as_ctrl_c_does()
    results: dict[str, Any] = {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "command": " ".join(["python3 scripts/gpu.py", *sys.argv[1:]]),
        "commit": _commit(),
        "minutes": minutes,
        "quick": quick,
        "parts": {},
    }
    run({name: part for name, part in PARTS.items() if name in (only or PARTS)}, results, folder)
    say(f"written to {folder}")
    states = {name: each["state"] for name, each in results["parts"].items()}
    no_gpu = (results["parts"].get("machine", {}).get("found") or {}).get(NO_GPU)
    sys.exit(f"gpu.py: {no_gpu}" if no_gpu else int(any(_is_bad(state) for state in states.values())))


def run(parts: dict[str, Part], results: dict[str, Any], folder: Path) -> None:
    """Run the parts one after the other, within the time of all, and write what there is after each."""
    seconds = results["minutes"] * 60
    ends, whole = time.monotonic() + seconds, sum(part.seconds for part in parts.values())
    later, stopped = seconds, ""
    for name, part in parts.items():
        later -= part.seconds / whole * seconds
        limit = ends - time.monotonic() - later
        if stopped or limit < LEAST:
            results["parts"][name] = {"state": f"not run: {stopped or 'no time left'}"}
        else:
            say(f"{name}, {limit:.0f} s at most")
            outcome = results["parts"][name] = carried_out(name, folder, limit, results["quick"])
            say(f"{name}: {outcome['state']}, {outcome['seconds']} s")
            if outcome["state"] == "stopped":
                stopped = "stopped"
            elif (outcome["found"] or {}).get(NO_GPU):
                stopped = "no GPU works"
        write(results, folder)
    report.draw(results, folder)  # once: pictures would cost the parts some of their time


def carried_out(name: str, folder: Path, limit: float, quick: bool) -> dict[str, Any]:
    """A part's state, seconds, and what it found; where it did not end well, the last of its output too."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryFile("w+", errors="replace") as output:
        file = Path(work) / "found.json"
        command = [sys.executable, "-P", str(PART), name, str(folder.resolve()), str(file), *["--quick"] * quick]
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **SHARING}, start_new_session=True
        )
        try:
            code = process.wait(limit)
            state = DONE if code == 0 else f"failed: exit code {code}"
        except subprocess.TimeoutExpired:
            state = f"cut off after {limit:.0f} s"
        except (KeyboardInterrupt, Terminated):
            state = "stopped"
        if process.returncode is None:
            _kill(process)
        found = json.loads(file.read_text()) if file.exists() else None
        output.seek(0)
        said = output.read()[-LAST_OUTPUT:]
    outcome = {"state": state, "seconds": round(time.monotonic() - began, 1), "found": found}
    if found and LEFT_OUT in found:
        return outcome | {"state": f"left out: {found[LEFT_OUT]}", "found": None}
    return outcome if state == DONE else outcome | {"last_output": said}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a part with all processes that it has started."""
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def write(results: dict[str, Any], folder: Path) -> None:
    """All there is so far; the figures first, whatever becomes of the tables."""
    write_whole(folder / "results.json", to_json(results, indent=1).encode())
    try:
        write_whole(folder / "report.md", report.markdown(results).encode())
    except Exception:
        traceback.print_exc()


def _is_bad(state: str) -> bool:
    return state.startswith(("failed", "cut off", "stopped", "not run"))


def _commit() -> str | None:
    """Of the checkout that is timed; None where git doesn't tell."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


if __name__ == "__main__":
    typer.run(main)
