"""Shapes: their distances, what lies within, and their boundaries."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import physforge_kernel as pf
from physforge_kernel.pinn.geometry import (
    Ball,
    Box,
    Combination,
    Polygon,
    Shape,
    shape_from_dict,
    shape_to_dict,
)

EL = ((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def around(shape: Shape, count: int, generator: torch.Generator) -> torch.Tensor:
    """Points in twice the box around a shape."""
    low, high = (torch.tensor(ends, dtype=torch.float64) for ends in zip(*shape.bounds, strict=True))
    unit = torch.rand(count, shape.dimension, generator=generator, dtype=torch.float64)
    return (low + high) / 2 + 2 * (high - low) * (unit - 0.5)


numbers = st.floats(-3, 3)
lengths = st.floats(0.1, 3)


@st.composite
def boxes(draw: Any, dimension: int) -> Box:
    lower = [draw(numbers) for _ in range(dimension)]
    return Box(tuple(lower), tuple(low + draw(lengths) for low in lower), "one")


@st.composite
def balls(draw: Any, dimension: int) -> Ball:
    return Ball(tuple(draw(numbers) for _ in range(dimension)), draw(lengths), "two")


@st.composite
def stars(draw: Any) -> Polygon:
    """Polygons that a point sees all corners of, in either sense of rotation."""
    count = draw(st.integers(3, 9))
    angles = 2 * pi * (np.arange(count) + np.array([draw(st.floats(0.0, 0.8)) for _ in range(count)])) / count
    radii = np.array([draw(st.floats(0.2, 2)) for _ in range(count)])
    corners = np.array([draw(numbers), draw(numbers)]) + radii[:, None] * np.stack(
        [np.cos(angles), np.sin(angles)], axis=1
    )
    return Polygon(tuple(map(tuple, corners[:: draw(st.sampled_from([1, -1]))])), "three")


singles = st.one_of(*(kind(d) for kind in (boxes, balls) for d in (1, 2, 3)), stars())


def same_dimension(d: int) -> st.SearchStrategy[Shape]:
    kinds: list[st.SearchStrategy[Shape]] = [boxes(d), balls(d)]
    return st.one_of(*kinds, *([stars()] if d == 2 else []))


@st.composite
def combinations(draw: Any) -> Shape:
    """Two or three shapes that meet each other, or do not."""
    kinds = same_dimension(draw(st.integers(1, 3)))
    shape = draw(kinds)
    for _ in range(draw(st.integers(1, 2))):
        try:
            shape = Combination(shape, draw(st.sampled_from("|&-")), draw(kinds))
        except pf.PhysForgeError:
            continue
    return shape


def member(shape: Shape, points: torch.Tensor) -> torch.Tensor:
    """What lies within, by another way than distances."""
    if isinstance(shape, Combination):
        left, right = member(shape.left, points), member(shape.right, points)
        return {"|": left | right, "&": left & right, "-": left & ~right}[shape.operator]
    if isinstance(shape, Box):
        ends = points.new_tensor(shape.bounds)
        return ((points > ends[:, 0]) & (points < ends[:, 1])).all(1)
    if isinstance(shape, Ball):
        return (points - points.new_tensor(shape.centre)).square().sum(1) < shape.radius**2
    assert isinstance(shape, Polygon)
    corners = points.new_tensor(shape.corners)
    to = corners[None] - points[:, None]
    after = to.roll(-1, 1)
    turns = torch.atan2(to[..., 0] * after[..., 1] - to[..., 1] * after[..., 0], (to * after).sum(-1)).sum(1)
    return turns.abs() > pi


@given(st.one_of(singles, combinations()), st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_the_sign_of_a_distance_tells_what_lies_within(shape: Shape, seed: int) -> None:
    points = around(shape, 400, seeded(seed))
    distance = shape.distance(points)
    clear = distance.abs() > 1e-9
    assert torch.equal((distance < 0)[clear], member(shape, points)[clear])


@given(singles, st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_distances_change_by_no_more_than_one_goes(shape: Shape, seed: int) -> None:
    generator = seeded(seed)
    one, other = around(shape, 300, generator), around(shape, 300, generator)
    near = one + 1e-3 * (other - one)
    for there in (other, near):
        steps = (there - one).norm(dim=1)
        assert ((shape.distance(there) - shape.distance(one)).abs() <= steps * (1 + 1e-9) + 1e-12).all()


@given(st.one_of(singles, combinations()), st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_normals_on_a_boundary_point_out_of_it(shape: Shape, seed: int) -> None:
    try:
        boundary = shape.boundary(100, seeded(seed))
    except pf.PhysForgeError:
        return
    assert boundary.points.shape == boundary.normals.shape == (100, shape.dimension)
    assert shape.distance(boundary.points).abs().max() < 1e-9
    assert boundary.normals.norm(dim=1).numpy() == pytest.approx(1.0, abs=1e-12)
    step = 1e-6 * boundary.normals
    inside, outside = shape.distance(boundary.points - step), shape.distance(boundary.points + step)
    # Nearer to a corner than the step, a normal may lead past it.
    assert ((inside < 0) & (outside > 0)).double().mean() > 0.95
    again = shape.normals(boundary.points)
    assert ((again - boundary.normals).norm(dim=1) < 1e-9).double().mean() > 0.95


@given(combinations(), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_what_is_drawn_within_lies_within(shape: Shape, seed: int) -> None:
    try:
        points = shape.sample(200, seeded(seed))
    except pf.PhysForgeError:
        return
    assert points.shape == (200, shape.dimension)
    assert member(shape, points).all()
    assert shape.contains(points).all()


@pytest.mark.parametrize(
    ("shape", "measure"),
    [
        (Box((0,), (3,)), 2),
        (Box((0, 0), (2, 1)), 6),
        (Box((0, 0, 0), (1, 2, 3)), 22),
        (Ball((5,), 3), 2),
        (Ball((0, 0), 2), 4 * pi),
        (Ball((0, 0, 0), 2), 16 * pi),
        (Polygon(EL), 8),
    ],
)
def test_boundaries_of_single_shapes_have_their_measures(shape: Any, measure: float) -> None:
    assert shape.measure == pytest.approx(measure)


@pytest.mark.parametrize("corners", [EL, EL[::-1], (*EL, EL[0])])
def test_a_polygon_does_not_depend_on_how_its_corners_are_listed(corners: Any) -> None:
    polygon = Polygon(corners)
    points = torch.tensor([[0.5, 0.5], [1.5, 1.5], [1.25, 0.5], [0.0, 3.0]], dtype=torch.float64)
    assert polygon.distance(points).tolist() == pytest.approx([-0.5, 0.5, -0.5, 1.0])


def test_points_are_shared_out_by_length() -> None:
    plate = Box((0, 0), (2, 1)) - Ball((0.5, 0.5), 0.2, "hole") - Ball((2, 1), 0.5, "bite")
    names = plate.boundary(20_000, seeded()).names
    lengths = {"box": 5.0, "hole": 0.4 * pi, "bite": 0.25 * pi}
    for name, length in lengths.items():
        assert names.count(name) / 20_000 == pytest.approx(length / sum(lengths.values()), abs=0.01)


def test_points_on_a_boundary_are_even_along_it() -> None:
    along = Polygon(EL).boundary(20_000, seeded()).points
    on_notch = (along[:, 0] - 1).abs() < 1e-9
    assert float(on_notch.double().mean()) == pytest.approx(1 / 8, abs=0.01)
    heights = torch.histc(along[on_notch, 1], 5, 1, 2) / on_notch.sum()
    assert heights.tolist() == pytest.approx([0.2] * 5, abs=0.03)


def test_faces_that_shapes_share_are_counted_once_or_not_at_all() -> None:
    left, right = Box((0, 0), (1, 1), "left"), Box((1, 0), (2, 1), "right")
    together = (left | right).boundary(6000, seeded())
    assert not ((together.points[:, 0] - 1).abs() < 1e-9).any()
    assert together.names.count("left") == pytest.approx(3000, abs=200)
    again = Box((0, 0), (1, 1), "first") | Box((0, 0), (1, 1), "second")
    assert set(again.boundary(100, seeded()).names) == {"second"}


def test_points_may_be_asked_for_on_some_surfaces() -> None:
    plate = Box((0, 0), (2, 1)) - Ball((0.5, 0.5), 0.2, "hole")
    hole = plate.boundary(50, seeded(), ["hole"])
    assert set(hole.names) == {"hole"}
    assert (hole.points - 0.5).norm(dim=1).numpy() == pytest.approx(0.2)
    towards = (hole.normals * (0.5 - hole.points)).sum(1) / 0.2
    assert towards.numpy() == pytest.approx(1.0)


@pytest.mark.parametrize("shape", [Box((0, 0), (2, 1)) - (Ball((0, 0), 0.5) | Polygon(EL)) & Ball((1, 1), 3)])
def test_a_shape_is_the_same_after_it_was_written(shape: Shape) -> None:
    assert shape_from_dict(shape_to_dict(shape)) == shape


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Box((1, 0), (0, 1)), r"upper corner of a box, \(0.0, 1.0\), is not above the lower one"),
        (lambda: Box((0, 0), (1, 1, 1)), "different numbers of coordinates"),
        (lambda: Box((0, 0, 0, 0), (1, 1, 1, 1)), "give one to three numbers"),
        (lambda: Ball((0, 0), -1), "radius of a ball is -1; give a positive number"),
        (lambda: Ball((0, float("nan")), 1), "centre of a ball is .* give one to three numbers"),
        (lambda: Ball((0, 0), 1, "boundary"), "'boundary' cannot name a surface"),
        (lambda: Ball((0, 0), 1, "my hole"), "'my hole' cannot name a surface"),
        (lambda: Polygon(((0, 0), (1, 1))), "has 2 corners; give at least three"),
        (lambda: Polygon(((0, 0), (1, 0), (1, 0), (0, 1))), "Corner 2 of a polygon and the next one"),
        (lambda: Polygon(((0, 0), (1, 1), (1, 0), (0, 1))), r"from corner 1, \(0, 0\), and from corner 3"),
        (lambda: Polygon(((0, 0), (2, 0), (2, 2), (1, 0), (0, 2))), "cross or touch"),
        (lambda: Polygon(((0, 0), (2, 0), (2, 1), (2, -1), (0, 1))), "cross or touch"),
        (lambda: Polygon(((0, 0), (1, 0), (2, 0))), "cross or touch"),
        (lambda: Polygon(((0, 0), (1, 0), (0, 1e-12))), "no area|are the same"),
        (lambda: Polygon(((0, 0, 0), (1, 0, 0))), "no list of pairs of numbers"),
        (lambda: Ball((0,), 1) | Ball((0, 0), 1), "combine shapes that have as many"),
        (lambda: Ball((0, 0), 1) & Ball((5, 0), 1), "is empty, or fills next to nothing"),
        (
            lambda: (Ball((0, 0), 1) - Ball((0, 0), 2)).sample(1, seeded()),
            "is empty, or fills next to nothing",
        ),
        (lambda: (Ball((0, 0), 1) - Ball((0, 0), 2)).boundary(1, seeded()), "lies on 'ball'"),
        (
            lambda: (Ball((0, 0), 1) | Ball((0, 0), 2, "out")).boundary(1, seeded(), ["ball"]),
            "Next to nothing of the shape's boundary lies on 'ball'",
        ),
        (
            lambda: Ball((0, 0), 1).boundary(1, seeded(), ["rim"]),
            "No surface is called 'rim'; the surfaces: ball",
        ),
        (lambda: shape_from_dict({"cone": {}}), "describes no shape; give one of box, ball, polygon"),
        (lambda: shape_from_dict({"ball": {"center": 0}}), "The ball .* cannot be read"),
    ],
)
def test_shapes_that_are_none_are_told(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        make()
