"""Training sets by name: what is refused, and that those of the program are whole."""

from pathlib import Path

import pytest

from engine.core.errors import InputError, RecipeError
from engine.train import manifest


def _write(folder, text):
    path = folder / "mine.toml"
    path.write_text('name = "mine"\nlicence = "CC0"\n' + text)
    return path


@pytest.mark.parametrize("name", manifest.names())
def test_every_source_of_a_manifest_has_a_licence_and_real_ones_a_credit(name):
    found = manifest.load(manifest.resource(f"manifests/{name}.toml"))
    assert found.name == name
    for source in found.sources:
        assert source.licence
        assert source.credit or source.kind == "synthetic"


def test_nothing_kept_for_evaluation_is_ever_learned_from():
    for name in manifest.names():
        for source in manifest.load(manifest.resource(f"manifests/{name}.toml")).sources:
            assert "evaluation" not in source.path
            assert "normal002" not in source.path


def test_the_free_set_holds_nothing_that_is_not_free():
    for source in manifest.load(manifest.resource("manifests/free.toml")).sources:
        assert "NC" not in source.licence
        assert "verified" not in source.licence


def test_a_seed_never_serves_twice():
    for name in manifest.names():
        used: set[int] = set()
        for source in manifest.load(manifest.resource(f"manifests/{name}.toml")).sources:
            if source.kind == "labelled":
                continue
            seeds = set(range(source.first_seed, source.first_seed + source.cases + source.validation))
            assert not used & seeds
            used |= seeds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[sources]]\nkind = "painted"\nlicence = "CC0"\n', "no path"),
        ('[[sources]]\nkind = "labelled"\npath = "../other"\nlicence = "CC0"\n', "leads out"),
        ('[[sources]]\nkind = "labelled"\npath = "/etc"\nlicence = "CC0"\n', "leads out"),
        ('[[sources]]\nkind = "synthetic"\nlicence = "CC0"\ncases = 0\n', "0 and 0"),
        ('[[sources]]\nkind = "synthetic"\nlicence = "CC0"\nfirst_seed = -1\n', "-1"),
        ('[[sources]]\nkind = "synthetic"\nlicence = "CC0"\ncases = 0\nvalidation = 2\n', "nothing to learn"),
        ('[[sources]]\nkind = "drawn"\nlicence = "CC0"\n', "one of"),
        ('[[sources]]\nkind = "synthetic"\n', "licence"),
        ('[[source]]\nkind = "synthetic"\n', "sources"),
        ("sources = 3\n", "a list"),
        ("][", "TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_reason(tmp_path, text, said):
    with pytest.raises(RecipeError) as caught:
        manifest.load(_write(tmp_path, text))
    assert said in str(caught.value.what + caught.value.why + caught.value.fix)


def test_a_manifest_of_the_program_wants_the_folder_of_its_data():
    with pytest.raises(InputError, match="where its data lies"):
        manifest.find(Path("free"), None)


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(RecipeError) as caught:
        manifest.find(Path("fre"), tmp_path)
    assert "“free”" in caught.value.fix


def test_a_missing_source_is_named(tmp_path):
    path = _write(tmp_path, '[[sources]]\nkind = "labelled"\npath = "case-1"\nlicence = "CC0"\n')
    with pytest.raises(InputError, match="case-1"):
        manifest.find(path, None)
    (tmp_path / "case-1").mkdir()
    assert manifest.find(path, None).root == tmp_path


def _labelled(path, cases, validation, patient=""):
    whose = f'patient = "{patient}"\n' if patient else ""
    return (
        f'[[sources]]\nkind = "labelled"\npath = "{path}"\nlicence = "CC0"\n{whose}'
        f"cases = {cases}\nvalidation = {validation}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        _labelled("a", 1, 1),
        _labelled("a", 3, 0, "P1") + _labelled("b", 0, 1, "P1"),
        _labelled("a", 3, 0) + _labelled("a", 0, 1),
        _labelled("a", 0, 1, "P1") + _labelled("b", 1, 0) + _labelled("c", 1, 0, "P1"),
        _labelled("a", 1, 0, "P1") + _labelled("b", 0, 2, "P1").replace("labelled", "painted"),
    ],
)
def test_a_patient_on_both_sides_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="on both sides") as told:
        manifest.load(_write(tmp_path, text))
    assert told.value.exit_code == 2


def test_patients_on_one_side_each_are_taken(tmp_path):
    text = _labelled("a", 3, 0, "P1") + _labelled("b", 1, 0, "P1") + _labelled("c", 0, 1, "P2")
    text += _labelled("host", 5, 1).replace("labelled", "painted")
    assert [source.patient for source in manifest.load(_write(tmp_path, text)).sources] == ["P1", "P1", "P2", ""]
