from __future__ import annotations

from facility.accounts.passwords import fits, hashed


def test_what_is_kept_is_argon2id_as_rfc_9106_advises() -> None:
    kept = hashed("a few words do well", "r.weber")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert fits("a few words do well", kept)
    assert not fits("a few words do wel", kept)
    assert not fits("a few words do well", None)
    assert not fits("a few words do well", "no hash")
