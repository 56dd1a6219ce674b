"""Nothing that the project reads is executed: neither its configuration nor its data."""

import ast
import copy
import shutil
import subprocess

import pytest
import yaml
from support.image_files import file_bytes, noise, write
from support.small_run import FOLDER, SMALL, run

from invariance.config.schema_check import check
from transforms2d.errors import UserError

EVIL = (
    "a; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a'; touch pwned; '",
    '"; touch pwned"',
)
# Never called, wherever they come from, and what to call instead.
FORBIDDEN = {
    "eval": "ast.literal_eval",
    "exec": "a function",
    "compile": "a function",
    "os.system": "subprocess.run with a list",
    "os.popen": "subprocess.run with a list",
    "pickle.load": "natural_images.unpickle.loads",
    "pickle.loads": "natural_images.unpickle.loads",
    "torch.load": "transforms2d.files.signed.read_tensors",
    "numpy.load": "transforms2d.files.signed.read_tensors",
    "np.load": "transforms2d.files.signed.read_tensors",
    "pd.read_pickle": "a CSV",
    "joblib.load": "transforms2d.files.signed.read_tensors",
    "yaml.load": "yaml.safe_load",
    "yaml.unsafe_load": "yaml.safe_load",
    "shell": "a script",
}


def called(node: ast.Call) -> str:
    """The name of what is called, ``""`` and a dot before that of a method of some value."""
    names, function = [], node.func
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    return ".".join([function.id if isinstance(function, ast.Name) else "", *names[::-1]])


def python_files(repository):
    return [
        path
        for part in ("workflow", "benchmarks")
        for path in sorted((repository / part).rglob("*.py"))
    ]


def test_the_code_calls_nothing_that_executes_data(repository):
    files, calls = python_files(repository), 0
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name, calls = called(node), calls + 1
            assert name not in FORBIDDEN, f"{path}:{node.lineno}: {name}; use {FORBIDDEN[name]}"
            for keyword in node.keywords:
                value = getattr(keyword.value, "value", None)
                where = f"{path}:{node.lineno}: {name}({keyword.arg}={value})"
                assert not (keyword.arg in ("shell", "allow_pickle") and value), where
                assert not (keyword.arg == "weights_only" and value is False), where
    assert len(files) > 50 and calls > 1000


def test_no_archive_is_unpacked_but_with_the_data_filter(repository):
    for path in python_files(repository):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and called(node).split(".")[-1] in (
                "extractall",
                "extract_archive",
                "unpack_archive",
            ):
                assert any(
                    k.arg == "filter" and getattr(k.value, "value", None) == "data"
                    for k in node.keywords
                ), f"{path}:{node.lineno}"


def test_rules_run_scripts_and_no_shell(repository):
    for path in [repository / "Snakefile", *sorted((repository / "workflow/rules").glob("*.smk"))]:
        words = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
        assert not words & {"shell:", "run:", "notebook:", "wrapper:"}, path


def texts(node: dict, path: tuple, root: dict):
    """Every place of the schema where any text at all, or one of a pattern, may stand."""
    while "$ref" in node:
        node = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
    kinds = node.get("type", ())
    if "string" in ([kinds] if isinstance(kinds, str) else kinds) and "enum" not in node:
        yield path
    for name, child in node.get("properties", {}).items():
        yield from texts(child, (*path, name), root)
    if isinstance(node.get("items"), dict):
        yield from texts(node["items"], (*path, 0), root)


def put(config: dict, path: tuple, value) -> dict:
    changed = copy.deepcopy(config)
    inner = changed
    for key in path[:-1]:
        inner = inner[key] if isinstance(inner, list) else inner.setdefault(key, {})
    inner[path[-1]] = value
    return changed


def test_texts_of_the_configuration_fit_a_pattern_or_name_a_place(repository, config):
    """Whatever a text says, it is refused, or is a folder or an address and nothing else."""
    schema = repository / "workflow/schemas/config.schema.yaml"
    root = yaml.safe_load(schema.read_text(encoding="utf-8"))
    places = list(texts(root, (), root))
    assert ("results",) in places and ("resources", "pretraining", "mem") in places
    accepted = set()
    for path in places:
        for evil in EVIL:
            try:
                check(put(config, path, evil), schema)
                accepted.add(".".join(map(str, path)))
            except UserError as error:
                assert "\n" not in str(error)
    assert accepted == {
        "base_images.folder",
        "natural_images.cifar10.folder",
        "natural_images.cifar100.folder",
    }
    for natural in ("cifar10", "cifar100"):
        check(
            put(config, ("natural_images", natural, "base_url"), "https://x; touch pwned"), schema
        )


NAMES = (
    "a; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "&lt;b&gt; \"double\" 'single' *star*",
    "日本 語",
    "$x_$ _a^",
)
PHOTOGRAPH = file_bytes(noise((50, 40)).convert("RGB"), "JPEG")


def test_commands_in_names_of_folders_classes_and_addresses_are_not_run(small_project):
    """Folders that exist and are called like commands: their images are read, and no more."""
    where = small_project.folder / "$(touch pwned); touch pwned `touch pwned`"
    for name in NAMES:
        write(where, f"foregrounds/{name}/| touch pwned.png")
    write(where, "backgrounds/; touch pwned.jpg", PHOTOGRAPH)
    changed = copy.deepcopy(SMALL)
    changed["base_images"] = {
        "source": "folder",
        "folder": str(where),
        "objects": len(NAMES),
        "backgrounds": 1,
    }
    changed["studies"]["invariance_vs_factors"] = None  # it needs more objects
    small_project.overlay(changed)
    shown = run(small_project, f"{FOLDER}/figures/fig6.png")
    assert shown.returncode == 0, shown.stdout
    changed["natural_images"]["cifar10"] = {
        "source": "torchvision",
        "base_url": "http://127.0.0.1:9/; touch pwned; $(touch pwned)",
    }
    small_project.overlay(changed)
    refused = run(small_project, f"{FOLDER}/natural_images/cifar10/test.safetensors")
    assert refused.returncode != 0
    assert "error: http://127.0.0.1:9/; touch pwned; $(touch pwned)/" in refused.stdout
    assert not list(small_project.folder.rglob("pwned"))
    changed["base_images"]["objects"] += 1
    small_project.overlay(changed)
    # Wildcards, variables of paths, and what would end a script in Snakemake's report.
    for name in ("{braces}", "<results>", "< script >"):
        write(where, f"foregrounds/{name}/a.png")
        refused = run(small_project, f"{FOLDER}/figures/fig5.png")
        assert refused.returncode != 0 and f"{name}/a.png: Snakemake reads" in refused.stdout
        shutil.rmtree(where / "foregrounds" / name)


MARKUP = (
    "<img src=x onerror=document.title='pwned'> </script ><script >document.title='pwned'</script >"
)
# What is left of it where a "<" is refused.
ESCAPED = MARKUP.replace("<", "&lt;") + "\" onmouseover=document.title='pwned' \\u003cscript>"


def test_the_report_runs_no_markup_of_the_data(small_project):
    """Folders and classes whose names are markup, in the report of Snakemake, in a browser."""
    changed = copy.deepcopy(SMALL)
    for markup in (MARKUP, ESCAPED):
        where = small_project.folder / markup
        for split in ("train", "test"):
            for name in [markup.replace("/", "|"), *map(str, range(9))]:
                write(where, f"{split}/{name}/a.jpg", PHOTOGRAPH)
        changed["natural_images"]["cifar10"] = {"source": "folder", "folder": str(where)}
        small_project.overlay(changed)
        done = run(small_project, f"{FOLDER}/figures/fig6.png")
        if markup is MARKUP:
            assert done.returncode != 0 and "a.jpg: Snakemake reads {...} and <...>" in done.stdout
        else:
            assert done.returncode == 0, done.stdout
    done = run(small_project, f"{FOLDER}/figures/fig6.png", "--report=report.html")
    assert done.returncode == 0, done.stdout
    report = small_project.folder / "report.html"
    assert "pwned" not in report.read_text(encoding="utf-8")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("the report was not opened: no chromium here")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000")
    shown = subprocess.run(
        [browser, *options, "--dump-dom", report.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert f"<title>Report of {FOLDER}</title>" in shown and "Figures" in shown
