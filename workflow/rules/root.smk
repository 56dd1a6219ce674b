import tempfile
from pathlib import Path

from snakemake.sourcecache import HostingProviderFile

# Whether another workflow uses this one by its statement ``module``.
IS_MODULE = not workflow.modifier.is_main_snakefile()


def find_root():
    """The folder of this repository. If a server hosts it, a checkout of the requested commit."""
    rules_folder = workflow.current_basedir
    if not isinstance(rules_folder, HostingProviderFile):
        return Path(rules_folder.get_path_or_uri(secret_free=True)).parents[1]
    # The repository that Snakemake read its files from.
    repository = rules_folder.hosted_repo.repo
    commit = repository.commit(rules_folder.ref).hexsha
    root = Path(".snakemake", "modules", commit).absolute()
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent) as folder:
            copy = repository.clone(Path(folder, commit), bare=False, no_checkout=True)
            copy.git.checkout("--quiet", "--detach", commit)
            Path(folder, commit).rename(root)
    return root


ROOT = find_root()


def at_root(path):
    """The path of a file of this repository, seen from the folder of the run."""
    return path if ROOT.samefile(Path.cwd()) else str(ROOT / path)


# As in "use rule * from this as before_*_after".
BEFORE, AFTER = [*workflow.modifier.modify_rulename("*").split("*"), ""][:2]


def own_name(name):
    """A rule's name in this workflow, from its name in the workflow that uses this one."""
    return name.removeprefix(BEFORE).removesuffix(AFTER)


if IS_MODULE and workflow.modifier.path_modifier.modify("x") != "x":
    sys.exit("error: module prefix: not supported here; set results: in the config instead")
