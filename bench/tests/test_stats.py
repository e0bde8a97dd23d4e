"""The arithmetic that every figure goes through."""

import pytest
from harness.stats import Bar, Sample, figure, ratio


def test_median_ofAnEvenNumber_isBetweenTheMiddleTwo():
    assert Sample("s", [4, 1, 3, 2]).median == 2.5


def test_spread_isLeastAndMost():
    assert Sample("s", [2, 9, 4]).spread == (2, 9)


def test_median_ofNothing_isAnError():
    with pytest.raises(ValueError):
        Sample("s").median


def test_ratio_pairsRounds_soThatADriftingMachineDoesNotCount():
    # Each round took twice its reference, though the machine became four times slower; medians alone would say
    # otherwise.
    assert ratio(Sample("s", [2, 4, 8]), Sample("s", [1, 2, 4])) == 2
    assert ratio(Sample("s", [2, 40, 8]), Sample("s", [1, 20, 1])) == 2


def test_ratio_ofUnequalRounds_isThatOfTheMedians():
    assert ratio(Sample("s", [6]), Sample("s", [1, 2, 3])) == 3


def test_ratio_toNothing_isAnError():
    with pytest.raises(ValueError):
        ratio(Sample("s", [1]), Sample("s", [0]))
    with pytest.raises(ValueError):
        ratio(Sample("s"), Sample("s"))


@pytest.mark.parametrize(
    "value, at_most, verdict",
    [
        (2, True, "met"),
        (2.01, True, "missed"),
        (2, False, "met"),
        (1.99, False, "missed"),
        (None, True, "not measured"),
        (0, True, "met"),
        (0, False, "missed"),
    ],
)
def test_bar_says_whether_it_was_met(value, at_most, verdict):
    assert Bar("x", 2, at_most=at_most, value=value).verdict == verdict


@pytest.mark.parametrize(
    "value, text",
    [(0, "0 s"), (0.01234, "0.012 s"), (1.234, "1.23 s"), (12.34, "12.3 s"), (123.4, "123 s"), (12345.6, "12,346 s")],
)
def test_figure_has_three_digits_that_count(value, text):
    assert figure(value, "s") == text
