"""A table made smaller: alike for every row, as wide a view, the same ratio of networks, and said in full."""

import pytest
import torch

from engine.core.errors import InputError, ModelError
from engine.nets.heads import output_count
from engine.nets.registry import build, make_arch
from engine.reproduce import claims
from engine.reproduce.claims import Row, Table
from engine.reproduce.run import Effort, recipe_of, shortened
from engine.reproduce.size import ONLY_ROWS, narrowed

TABLES = ["agru-2", "au-1", "ra-1", "rau-1", "rau-2"]
every_table_and_size = pytest.mark.parametrize(("name", "size"), [(t, s) for t in TABLES for s in ("medium", "small")])


@every_table_and_size
def test_all_rows_of_a_table_are_shortened_alike(name, size):
    table = claims.load(name)
    made = [recipe_of(table, row, Effort(size=size)) for row in table.rows]
    alike = {
        (r.patch, r.spacing, r.training.batch, r.training.steps, r.training.learning_rate, r.training.checkpoint_every)
        for r in made
    }
    assert len(alike) == 1
    assert len({shortened(table, Effort(size=size))}) == 1


@every_table_and_size
def test_the_view_stays_as_wide_and_nothing_is_larger_than_in_the_paper(name, size):
    table = claims.load(name)
    paper, small = (recipe_of(table, table.rows[0], Effort(size=s)) for s in ("paper", size))
    for axis in range(3):
        wide, view = (r.patch[axis] * r.spacing[axis] for r in (paper, small))
        assert view == pytest.approx(wide, rel=0.02)
        assert small.patch[axis] <= paper.patch[axis]
    assert small.training.steps < paper.training.steps
    assert small.training.batch <= paper.training.batch
    assert small.training.checkpoint_every <= small.training.steps // 10


@every_table_and_size
def test_networks_keep_their_ratio(name, size):
    table = claims.load(name)
    by = table.size(size).narrower
    different = {(row.network, str(row.arch)): row for row in table.rows}
    for row in different.values():
        paper, small = (recipe_of(table, row, Effort(size=s)) for s in ("paper", size))
        whole, narrow = (make_arch(row.network, r.arch) for r in (paper, small))
        assert [w * by for w in narrow.widths] == list(whole.widths)
        with torch.device("meta"):
            counts = [sum(p.numel() for p in build(row.network, r.arch).parameters()) for r in (paper, small)]
        assert 0.5 * by**2 < counts[0] / counts[1] < 1.2 * by**2, row.name


@pytest.mark.parametrize("name", TABLES)
def test_every_network_runs_at_the_small_size(name):
    table = claims.load(name)
    different = {(row.network, str(row.arch)): row for row in table.rows}
    for row in different.values():
        recipe = recipe_of(table, row, Effort(size="small"))
        labels = output_count(recipe.head, recipe.labels)
        network = build(row.network, {**recipe.arch, "out_channels": labels, "patch": recipe.patch}).eval()
        with torch.inference_mode():
            logits = network(torch.zeros(1, 1, *recipe.patch))
        assert logits.shape == (1, labels, *recipe.patch)
        assert torch.isfinite(logits).all()


def test_groups_and_heads_grow_fewer_not_thinner():
    whole = make_arch("rau_net2d", {})
    narrow = make_arch("rau_net2d", narrowed("rau_net2d", {}, 4))
    assert narrow.widths[0] // (2 * narrow.cardinality) == whole.widths[0] // (2 * whole.cardinality)
    assert narrow.attention_width // narrow.heads == whole.attention_width // whole.heads
    assert narrowed("ra_unet3d", {"ra_level": 3}, 4)["ra_level"] == 3
    with pytest.raises(ModelError):
        narrowed("ra_unet3d", {}, 64)  # no channel is left for the attention


def test_what_is_smaller_is_said_with_both_figures():
    table = claims.load("agru-2")
    text = shortened(table, Effort(size="small"))
    assert text.startswith("shortened: ")
    for part in ("64 × 64", "128 × 128", "2.75 mm", "a quarter of their channels", "21,360 updates of 12", "0.0001"):
        assert part in text
    assert text.endswith(ONLY_ROWS)
    assert "patches of 16 × 64 × 64 at 2 × 2.1 × 2.1 mm" in shortened(claims.load("ra-1"), Effort(size="small"))


def test_fewer_updates_alone_are_shorter_too_and_more_are_not():
    table = claims.load("ra-1")
    assert shortened(table, Effort()) == ""
    assert shortened(table, Effort(steps=2240)) == ""
    assert "7 updates of 4 patches in place of 2,240" in shortened(table, Effort(steps=7))
    assert "90 updates of 2 patches" in shortened(table, Effort(steps=90, size="small"))
    assert "0.5 min a row" in shortened(table, Effort(minutes=0.5))


def test_a_table_without_that_size_says_what_else_shortens_it():
    table = Table("t", "p", "cpu", "", "w", (Row("A", "unet2d", {"dice": 0.5}),))
    assert table.size("paper") is None
    with pytest.raises(InputError) as caught:
        table.size("small")
    assert "--steps" in caught.value.fix
