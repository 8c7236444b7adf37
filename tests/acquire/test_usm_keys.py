"""Keys and ciphers of SNMPv3: published vectors, and pysnmp's own in both directions."""

from __future__ import annotations

import itertools

import pytest
from pyasn1.type.univ import OctetString
from pysnmp.entity import config

from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.usm_ciphers import priv_cipher
from facility.acquire.snmp.usm_keys import AuthProtocol, KeyExtension, PrivProtocol, UsmUser, localised, master_key
from facility.errors import SecretError

ENGINE = bytes.fromhex("80001F8880E9630000D61FF449")
RFC_ENGINE = bytes.fromhex("000000000000000000000002")
PDU = bytes(range(3, 240))


# RFC 3414 A.3.1 and A.3.2
@pytest.mark.parametrize(
    ("protocol", "master", "key"),
    [
        ("MD5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        ("SHA1", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_keys_as_in_the_rfc(protocol: AuthProtocol, master: str, key: str) -> None:
    assert master_key("maplesyrup", protocol).hex() == master
    assert localised(master_key("maplesyrup", protocol), RFC_ENGINE, protocol).hex() == key


# draft-reeder-snmpv3-usm-3desede-00, appendix B
@pytest.mark.parametrize(
    ("protocol", "key"),
    [
        ("MD5", "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"),
        ("SHA1", "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"),
    ],
)
def test_a_lengthened_key_as_in_the_draft(protocol: AuthProtocol, key: str) -> None:
    master = master_key("maplesyrup", protocol)
    user = UsmUser(b"u", protocol, master, "AES256", master, "reeder")
    assert user.priv_key(RFC_ENGINE) == bytes.fromhex(key)


def test_a_short_pass_phrase_is_refused() -> None:
    with pytest.raises(SecretError, match="at least 8 characters"):
        master_key("short", "SHA256")


def test_a_user_without_authentication_has_no_keys_at_all() -> None:
    user = UsmUser(b"u", priv_master=b"x" * 20)
    assert (user.auth_key(ENGINE), user.priv_key(ENGINE)) == (None, None)


THEIR_AUTH = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA1": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
THEIR_PRIV = {
    ("DES", "blumenthal"): config.USM_PRIV_CBC56_DES,
    ("AES128", "blumenthal"): config.USM_PRIV_CFB128_AES,
    ("AES192", "blumenthal"): config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    ("AES192", "reeder"): config.USM_PRIV_CFB192_AES,
    ("AES256", "blumenthal"): config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    ("AES256", "reeder"): config.USM_PRIV_CFB256_AES,
}


@pytest.mark.parametrize(("auth", "kind"), list(itertools.product(THEIR_AUTH, THEIR_PRIV)))
def test_what_either_seals_the_other_opens(auth: AuthProtocol, kind: tuple[PrivProtocol, KeyExtension]) -> None:
    protocol, extension = kind
    user = UsmUser(b"u", auth, b"", protocol, master_key("privpass12", auth), extension)
    theirs = config.PRIV_SERVICES[THEIR_PRIV[kind]]
    their_key = theirs.localize_key(THEIR_AUTH[auth], OctetString(user.priv_master), OctetString(ENGINE))
    key = user.priv_key(ENGINE)
    assert key == bytes(their_key)
    cipher = priv_cipher(protocol, key)
    sealed, salt = theirs.encrypt_data(OctetString(key), (7, 12345, None), PDU)
    assert cipher.decrypt(bytes(sealed), 7, 12345, bytes(salt))[: len(PDU)] == PDU
    our_salt, ours = cipher.encrypt(PDU, 7, 12345)
    opened = theirs.decrypt_data(OctetString(key), (7, 12345, OctetString(our_salt)), OctetString(ours))
    assert bytes(opened)[: len(PDU)] == PDU


def test_half_a_block_of_des_and_a_short_salt_are_refused() -> None:
    with pytest.raises(WireError, match="whole blocks"):
        priv_cipher("DES", bytes(16)).decrypt(bytes(12), 1, 1, bytes(8))
    for protocol in ("DES", "AES128"):
        with pytest.raises(WireError, match="salt"):
            priv_cipher(protocol, bytes(16)).decrypt(bytes(16), 1, 1, bytes(7))
