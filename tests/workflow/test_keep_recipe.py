"""A run whose shards keep a recipe ends with the results of one whose shards keep pixels."""

import copy

from support.small_run import FOLDER, SMALL, content, run

EXPORTS = ("export",)


def apart_from_shards(results: dict[str, str]) -> dict[str, str]:
    return {path: digest for path, digest in results.items() if "/data/" not in path}


def test_all_results_are_the_same(finished_small, small_project):
    settings = copy.deepcopy(SMALL) | {"datasets": {"keep": "recipe"}}
    small_project.overlay(settings)
    done = run(small_project)
    assert done.returncode == 0, done.stdout
    folder = small_project.folder / FOLDER
    kept, whole = content(folder), finished_small[1]
    for results in (kept, whole):
        del results["config.yaml"], results["made_from/config.yaml.json"]
    assert apart_from_shards(kept) == apart_from_shards(whole)
    shards = {path for path in kept if "/data/" in path}
    assert shards and shards == {path for path in whole if "/data/" in path}
    before = finished_small[0].folder / FOLDER
    for path in shards:
        assert (folder / path).stat().st_size < (before / path).stat().st_size / 5
    assert "Nothing to be done" in run(small_project).stdout
    done = run(small_project, *EXPORTS)
    assert done.returncode == 0, done.stdout
