"""The limits and the ticks of axes."""

from lrsearch.results.axes import Axis


def test_labels_of_ticks_do_not_run_into_each_other():
    axis = Axis(0.000411, 0.000419, "rate", log=True)
    for characters in (10, 20, 48):
        ticks = axis.ticks(characters)
        ends = [axis.part(value) * characters for value, _ in ticks]
        for (left, before), (right, after) in zip(
            zip(ends, ticks, strict=True), zip(ends[1:], ticks[1:], strict=False), strict=False
        ):
            assert right - left > (len(before[1]) + len(after[1])) / 2
    assert len(axis.ticks(10)) < len(axis.ticks(48))
