"""docs/scale.md: its tables are what was measured, and its model is what the text says."""

import math

import pytest
import scaling

import tinydnn as keras
from tinydnn.inspect.net import Settings, make_model


def test_the_tables_are_what_the_figures_give():
    assert scaling.PAGE.read_text(encoding="utf-8") == scaling.page(), "run docs/pictures/scaling.py"


@pytest.mark.parametrize("net", scaling.WEIGHTS)
def test_the_nets_have_so_many_weights(net):
    keras.utils.set_random_seed(1)
    hidden = tuple(map(int, net.split("-")))
    assert make_model(Settings(hidden=hidden)).count_params() == scaling.WEIGHTS[net]


def test_what_ranks_send_is_the_cost_of_a_ring():
    """Against the two limits that textbooks give: all latency, and 2 (P - 1) / P of the vector over the bandwidth."""
    latency, bandwidth = scaling.NETWORKS["10 Gbit/s Ethernet"]
    large = 10**10
    assert math.isclose(
        scaling.sending(large, 4, "10 Gbit/s Ethernet"), 2 * 3 / 4 * 4 * large / bandwidth, rel_tol=1e-3
    )
    assert math.isclose(scaling.sending(0, 8, "10 Gbit/s Ethernet"), (2 * 7 + 3 * 3) * latency)
    assert scaling.sending(1000, 1, "10 Gbit/s Ethernet") == 0


def test_computing_goes_along_lines_between_what_was_measured():
    steps = {"1": 1.0, "3": 2.0, "5": 6.0}
    assert [scaling.computing(steps, rows) for rows in (1, 2, 3, 4, 5, 7)] == [1, 1.5, 2, 4, 6, 10]
    assert scaling.speedup("324-36", 512, 1, "10 Gbit/s Ethernet") == 1
