"""Where scoring computes: on the cores, or on a GPU."""

from __future__ import annotations

import torch

from din_core.domain import DinLensError
from din_core.scoring.devices.cpu import CpuDevice
from din_core.scoring.devices.device import Device
from din_core.scoring.devices.gpu import GpuDevice

CPU = CpuDevice()

__all__ = ["CPU", "Device", "open_device"]


def open_device(name: str = "cpu") -> Device:
    """The device of that name: cpu, cuda or cuda:N. DinLensError where there is no such device."""
    try:
        found = torch.device(name)
    except RuntimeError as error:
        raise DinLensError("device {device} is not one of cpu, cuda, cuda:N", device=repr(name)) from error
    if found.type not in ("cpu", "cuda"):
        raise DinLensError("device {device} is not one of cpu, cuda, cuda:N", device=repr(name))
    here = torch.cuda.device_count()
    if found.type == "cuda" and (found.index or 0) >= here:
        raise DinLensError(
            "device {device} was asked for, but {here} CUDA devices are here; name another, or cpu",
            device=repr(name),
            here=here,
        )
    return CPU if found.type == "cpu" else GpuDevice(found)
