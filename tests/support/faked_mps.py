"""A stand-in for the GPU of a Mac: tensors whose numbers lie on the CPU and whose device is mps.

It keeps the two rules of mps that code written for CUDA breaks: there is no float64, and tensors
of other devices do not mix with its own. Kernels of mps and their speed are not stood in for.
"""

from contextlib import contextmanager
from functools import cache

import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map_only

MPS = torch.device("mps", 0)
aten = torch.ops.aten
# Operations that take tensors of two devices: copies, and indices, which torch moves itself.
MIXES = {aten.copy_, aten._to_copy, aten.index, aten.index_put_}


class OnMps(torch.Tensor):
    @staticmethod
    def __new__(cls, held):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            # A device that autograd knows in any build of torch; Python reads the one below.
            device="meta",
        )

    def __init__(self, held):
        self.held = held

    device = property(lambda self: MPS)

    def tolist(self):
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, operation, types, args, kwargs=None):
        return run(operation, args, kwargs or {})


def put(held: torch.Tensor) -> OnMps:
    if held.dtype == torch.float64:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
    return OnMps(held)


def run(operation, args, kwargs):
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, torch.Tensor)]
    ours = [one for one in given if isinstance(one, OnMps)]
    if not ours and "device" not in kwargs:
        return operation(*args, **kwargs)
    mixed = [one for one in given if not isinstance(one, OnMps) and one.dim()]
    if ours and mixed and operation.overloadpacket not in MIXES:
        raise RuntimeError(f"{operation}: Expected all tensors to be on the same device")
    asked = kwargs.get("device")
    on_mps = bool(ours) if asked is None else torch.device(asked).type in ("mps", "meta")
    if operation.overloadpacket is aten.copy_ and not isinstance(args[0], OnMps):
        on_mps = False
    if on_mps and asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    unwrapped = tree_map_only(OnMps, lambda one: one.held, (args, kwargs))
    found = operation(*unwrapped[0], **unwrapped[1])
    if not on_mps:
        return args[0] if operation.overloadpacket is aten.copy_ else found
    found = tree_map_only(torch.Tensor, put, found)
    return return_and_correct_aliasing(operation, args, kwargs, found) if ours else found


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return run(operation, args, kwargs or {})


@contextmanager
def faked_mps(monkeypatch):
    """Within this context torch sees a GPU of a Mac."""
    monkeypatch.setattr(torch.backends.mps, "is_available", cache(lambda: True))
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 7 * 2**20)
    with _Mode():
        yield
