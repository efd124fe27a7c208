"""DIN Lens: the attention microscope for Deep Interest Network models."""

__version__ = "0.1.0"
