"""A device that holds no numbers, so that whoever asks it for one fails: what would make a host wait for a GPU.

PyTorch's "meta" device computes shapes alone. Operations that meet tensors of two devices, read a value, or let
values decide a shape end in an error there, as they would end in one or in waiting on a GPU. Copies that keep a host
waiting are watched for besides: PyTorch makes some of them unseen, of a list that is an index or becomes a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

NOWHERE = torch.device("meta")


class WithoutWaiting(TorchDispatchMode):
    """No copy from one device to another may keep the host waiting."""

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if function is torch.ops.aten._to_copy.default:
            there = torch.device(given.get("device") or args[0].device)
            assert there == args[0].device or given.get("non_blocking"), f"{there} is waited for"
        if function is torch.ops.aten.copy_.default and args[0].device != args[1].device:
            assert (len(args) > 2 and args[2]) or given.get("non_blocking"), f"{args[0].device} is waited for"
        return function(*args, **given)


class WithoutUnseenCopies(TorchFunctionMode):
    """Nothing of the host's may become a tensor there, or an index into one, on the way."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if function in (torch.tensor, torch.as_tensor):
            here = isinstance(args[0], Tensor) or torch.device(given.get("device") or "cpu").type == "cpu"
            assert here, f"{args[0]} is copied"
        if function is Tensor.new_tensor:
            assert args[0].device.type == "cpu", f"{args[1]} is copied"
        if function in (Tensor.__getitem__, Tensor.__setitem__) and args[0].device.type != "cpu":
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            copied = [
                one for one in index if isinstance(one, list) or (isinstance(one, Tensor) and one.device.type == "cpu")
            ]
            assert not copied, f"{copied} is copied"
        return function(*args, **given)


@contextmanager
def without_waiting(monkeypatch: Any) -> Iterator[None]:
    """Fail where the host would wait; that device knows no autocast, which is left out."""
    with monkeypatch.context() as patched:
        patched.setattr(torch, "autocast", _NoAutocast)
        with WithoutUnseenCopies(), WithoutWaiting():
            yield


class _NoAutocast:
    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
