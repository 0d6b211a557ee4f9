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
