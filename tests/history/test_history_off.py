"""Sessions keep no history where that is asked for."""

import pytest


@pytest.mark.parametrize("off", ["", "1"])
def test_the_environment_decides(suite, monkeypatch, off):
    monkeypatch.setenv("EVALBARS_NO_HISTORY", off)
    suite.cases(2, 2)
    assert suite.run().exit == 0
    assert (suite.path / ".evalbars/history.db").exists() == (not off)
