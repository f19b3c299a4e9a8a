"""Whether the models are asked, and whether their answers are recorded or replayed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.config.settings import Settings

#: What recording needs beside litellm, which the tested code has.
NEEDED = ("cachecontrol", "filelock")


def mode_of(config: pytest.Config, settings: Settings) -> str:
    """Whether calls are live, recorded, replayed, or both."""
    return config.getoption("evalbars_calls") or settings.calls


def unfit_for_calls(config: pytest.Config, settings: Settings) -> str:
    """Why calls cannot be recorded nor replayed; "" if they can, or need not."""
    mode = mode_of(config, settings)
    if mode == "live" or all(find_spec(name) is not None for name in NEEDED):
        return ""
    return f'calls = "{mode}" needs what the extra `llm` installs: pip install "pytest-evalbars[llm]"'


def is_offline(config: pytest.Config) -> bool:
    """Whether litellm must not reach the network, as far as is known before any case is collected."""
    if (mode := config.getoption("evalbars_calls")) is not None:
        return bool(mode == "replay")
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - only where litellm is imported
    from pytest_evalbars.errors import BarsError  # noqa: PLC0415
    from pytest_evalbars.selection import folders_of  # noqa: PLC0415

    try:
        return find_table(folders_of(config)).values.get("calls") == "replay"
    except BarsError:  # told when cases are collected
        return False
