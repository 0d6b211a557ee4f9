"""Base64 as `java.util.Base64` reads it."""


def decode_base64(text: str) -> bytes | None:
    """Java's basic decoder: padding may be absent altogether; None for bad text."""
    import binascii

    body = text.rstrip("=")
    padding = len(text) - len(body)
    alphabet = all(c.isascii() and (c.isalnum() or c in "+/") for c in body)
    rest = len(body) % 4
    if not alphabet or rest == 1 or (padding and padding != (4 - rest) % 4):
        return None
    return binascii.a2b_base64(body + "=" * (-len(body) % 4))


def base64_fault(text: str) -> str:
    """What Java says of bad text, which it reads as Latin-1 from left to right."""
    import string

    data = text.encode("latin-1", "replace")
    if len(data) < 2:
        return "Input byte[] should at least have 2 bytes for base64 bytes"
    alphabet = (string.ascii_letters + string.digits + "+/").encode()
    for at, byte in enumerate(data):
        if byte in alphabet:
            continue
        if byte != ord("="):
            return f"Illegal base64 character {byte if byte < 0x80 else byte - 0x100:x}"
        unit = at % 4
        if unit == 0 or (unit == 2 and data[at + 1 : at + 2] != b"="):
            return "Input byte array has wrong 4-byte ending unit"
        if unit != 1:
            return f"Input byte array has incorrect ending byte at {at + (2 if unit == 2 else 1)}"
        break
    return "Last unit does not have enough valid bits"
