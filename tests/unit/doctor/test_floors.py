"""The oldest versions that are safe."""

from damascus.doctor.floors import below_floor


def test_a_floor_holds_its_own_version_and_none_before() -> None:
    assert below_floor("gitea", "1.27.1") is None
    assert below_floor("gitea", "1.28.0+dev-12-gabc") is None
    assert "CVE-2026-60004" in (below_floor("gitea", "1.27.0") or "")
    assert "1.84.0" in (below_floor("litellm", "1.82.7") or "")
    assert below_floor("gitea", "of our own making") is None
