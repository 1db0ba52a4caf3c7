"""The tables of the papers, as they ship."""

import pytest

from engine.core.errors import InputError
from engine.nets.registry import NETWORKS, make_arch
from engine.reproduce import claims
from engine.reproduce.run import Effort, recipe_of
from engine.train.loop import make_loss


def test_all_five_tables_are_there():
    assert set(claims.names()) == {"agru-2", "au-1", "ra-1", "rau-1", "rau-2"}


@pytest.mark.parametrize("name", ["agru-2", "au-1", "ra-1", "rau-1", "rau-2"])
def test_every_row_can_be_trained_and_its_figures_are_shares(name):
    table = claims.load(name)
    assert table.weakness
    assert "dice" in table.measures
    assert len({row.name for row in table.rows}) == len(table.rows)
    for row in table.rows:
        assert row.network in NETWORKS
        recipe = recipe_of(table, row, Effort(steps=1))
        make_arch(row.network, recipe.arch)
        make_loss(recipe)
        assert all(0 < value < 1 and measure in claims.MEASURES for measure, value in row.paper.items())


def test_a_table_nobody_knows_is_answered_with_the_nearest():
    with pytest.raises(InputError) as caught:
        claims.load("agru2")
    assert "agru-2" in caught.value.fix
