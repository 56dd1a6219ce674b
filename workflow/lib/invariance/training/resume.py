"""The saved state of a training, to continue after a kill: one self-verifying file, not an output.

The file appears whole or not at all, so a kill at any moment leaves the state of an earlier epoch.
It contains its settings, data and recipe, and is refused for others.
"""

import logging
import shutil
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from invariance.jobs import file_lock
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import no_link
from transforms2d.files.signed import read_signed_json, read_tensors, write_tensors

FILE = "state.safetensors"
# A state is written when the time since the last one is at least this multiple of its writing time:
# so writing takes at most 2 % of a run, and every longer epoch ends with a state.
WRITE_SHARE = 50
SECONDS_BETWEEN_CHECKS = 1.0  # of the lock of another process

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """The state of a training: tensors for ``unpack``, and its progress, plain JSON."""

    tensors: dict[str, Tensor]
    progress: dict


class Keeper:
    """Saves and loads the state of one training.

    Parameters
    ----------
    state_dir : path
        A folder for this training only; created when needed.
    identity : dict
        Plain JSON values that a state must have to be used: settings, data, recipe.
    """

    def __init__(self, state_dir, identity: Mapping):
        self.path = Path(state_dir) / FILE
        self.identity = dict(identity)
        self._written_at: float | None = None
        self._cost = 0.0

    def load(self) -> State | None:
        """The last state, or None without a usable one.

        A damaged state is removed with a log line, since the training can start over. Unfinished
        files of killed writers are removed too.

        Raises
        ------
        UserError
            If the state is that of another training: other settings, data or recipe.
        """
        for unfinished in self.path.parent.glob(".*"):
            unfinished.unlink()
        if not self.path.is_file():
            return None
        try:
            tensors, metadata = read_tensors(self.path)
        except DamagedFileError:
            log.warning("%s: the saved state is damaged; training starts from scratch", self.path)
            self.path.unlink()
            return None
        self._refuse_other(metadata["identity"])
        return State(tensors, metadata["progress"])

    def offer(self, model: nn.Module, optimiser, best: Mapping | None, progress: Mapping) -> bool:
        """Write the state if enough time passed (see ``WRITE_SHARE``); return whether it did.

        ``best`` is the state dict of the best model so far; ``progress`` is plain JSON.
        """
        started = time.monotonic()
        if self._written_at is not None and started - self._written_at < WRITE_SHARE * self._cost:
            return False
        self.write(State(pack(model, optimiser, best), dict(progress)))
        self._written_at = time.monotonic()
        self._cost = self._written_at - started
        return True

    def write(self, state: State) -> None:
        """Write a state, whole or not at all, in place of the last one."""
        metadata = {"identity": self.identity, "progress": state.progress}
        write_tensors(self.path, state.tensors, metadata)

    def _refuse_other(self, saved: Mapping) -> None:
        keys = {*saved, *self.identity}
        differing = [key for key in sorted(keys) if saved.get(key) != self.identity.get(key)]
        if differing:
            key = differing[0]
            raise UserError(
                f"{self.path.parent}: holds the state of a training with another {key} "
                f"({saved.get(key)!r}, now {self.identity.get(key)!r}); "
                "delete the folder to start from scratch"
            )


@contextmanager
def exclusive(state_dir):
    """Context that only one process at a time can enter for the same folder; others wait.

    A job may start while another job of the same training still runs, if Snakemake was killed and
    started again. The system frees the lock of a process that dies. If the file system has no
    locks, no job waits.
    """
    path = Path(state_dir).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "a", opener=no_link) as file:
            if not file_lock.lock(file):
                log.info("%s: waiting for another job with the same training", path.parent)
                while not file_lock.lock(file):
                    time.sleep(SECONDS_BETWEEN_CHECKS)
            if not file_lock.is_at(path, file):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def is_finished(outputs: Mapping, identity: Mapping, since: float) -> bool:
    """Whether an earlier attempt of the same run, or a job of a killed run, finished this training.

    Parameters
    ----------
    outputs : mapping of str to path
        Every file of the result; ``record`` is written last.
    identity : dict
        As for ``Keeper``.
    since : float
        Start time of this run of the workflow, in seconds since 1970. Older files existed before
        the run, and this job was started to make them again.
    """
    files = [Path(path) for path in outputs.values()]
    if not all(file.is_file() and file.stat().st_mtime >= since for file in files):
        return False
    try:
        record = read_signed_json(outputs["record"])
        details = record["details"]
        saved = {**details["settings"], "data": details["data"], "recipe": record["recipe"]}
    except (UserError, KeyError, TypeError):
        return False  # the record of an earlier attempt is unreadable: train again
    return saved == identity


def pack(model: nn.Module, optimiser, best: Mapping | None) -> dict[str, Tensor]:
    """Model, optimiser and best model so far as one flat mapping of names to tensors."""
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{index}/{name}": tensor for name, tensor in state.items()}
    if best is not None:
        tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    return tensors


def unpack(tensors: Mapping[str, Tensor], model: nn.Module, optimiser) -> dict | None:
    """Load packed tensors into ``model`` and ``optimiser``; return the best model's, or None."""
    parts: dict[str, dict] = {"model": {}, "optimiser": {}, "best": {}}
    for name, tensor in tensors.items():
        part, rest = name.split("/", 1)
        parts[part][rest] = tensor
    model.load_state_dict(parts["model"])
    state: dict[int, dict] = {}
    for name, tensor in parts["optimiser"].items():
        index, rest = name.split("/", 1)
        state.setdefault(int(index), {})[rest] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    for parameter, moments in optimiser.state.items():
        for name, tensor in moments.items():
            if tensor.shape == parameter.shape:
                # The fused update needs moments in the same memory layout as the weights.
                moments[name] = torch.empty_like(parameter).copy_(tensor)
    device = next(model.parameters()).device
    return {name: tensor.to(device) for name, tensor in parts["best"].items()} or None


def discard(state_dir) -> None:
    """Remove the state after the final outputs are written. A missing state is no error."""
    shutil.rmtree(state_dir, ignore_errors=True)
