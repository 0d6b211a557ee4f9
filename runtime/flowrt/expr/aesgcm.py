"""AES-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, in plain Python.

Meant for the short texts that flows encrypt; it is slow, and not hardened against timing.
"""


def _multiply(a: int, b: int) -> int:
    """The product in the field of AES."""
    out = 0
    while b:
        if b & 1:
            out ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return out


def _make_sbox() -> bytes:
    box = bytearray(256)
    p = q = 1
    while True:
        p = _multiply(p, 3)
        q = _multiply(q, 0xF6)  # the inverse of 3
        rotated = q
        for shift in range(1, 5):
            rotated ^= ((q << shift) | (q >> (8 - shift))) & 0xFF
        box[p] = rotated ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return bytes(box)


_SBOX = _make_sbox()
_DOUBLE = bytes(_multiply(value, 2) for value in range(256))


def _expand(key: bytes) -> list[bytes]:
    """The round keys."""
    size = len(key) // 4
    words = [key[4 * i : 4 * i + 4] for i in range(size)]
    factor = 1
    for index in range(size, 4 * (size + 7)):
        word = words[-1]
        if index % size == 0:
            word = bytes(_SBOX[byte] for byte in word[1:] + word[:1])
            word = bytes((word[0] ^ factor, *word[1:]))
            factor = _multiply(factor, 2)
        elif size > 6 and index % size == 4:
            word = bytes(_SBOX[byte] for byte in word)
        words.append(bytes(a ^ b for a, b in zip(words[index - size], word, strict=False)))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


_SHIFTED = tuple((4 * (column + row) + row) % 16 for column in range(4) for row in range(4))


def _encrypt_block(keys: list[bytes], block: bytes) -> bytes:
    state = bytes(a ^ b for a, b in zip(block, keys[0], strict=False))
    for number, key in enumerate(keys[1:], 1):
        state = bytes(_SBOX[state[at]] for at in _SHIFTED)
        if number < len(keys) - 1:
            mixed = bytearray()
            for column in range(0, 16, 4):
                a, b, c, d = state[column : column + 4]
                total = a ^ b ^ c ^ d
                for one, other in ((a, b), (b, c), (c, d), (d, a)):
                    mixed.append(one ^ total ^ _DOUBLE[one ^ other])
            state = bytes(mixed)
        state = bytes(a ^ b for a, b in zip(state, key, strict=False))
    return state


def _counter_mode(keys: list[bytes], nonce: bytes, data: bytes) -> bytes:
    out = bytearray()
    for number in range((len(data) + 15) // 16):
        pad = _encrypt_block(keys, nonce + (number + 2).to_bytes(4, "big"))
        out += bytes(a ^ b for a, b in zip(data[16 * number : 16 * number + 16], pad, strict=False))
    return bytes(out)


def _tag(keys: list[bytes], nonce: bytes, ciphertext: bytes) -> bytes:
    point = int.from_bytes(_encrypt_block(keys, bytes(16)), "big")
    blocks = [ciphertext[i : i + 16].ljust(16, b"\0") for i in range(0, len(ciphertext), 16)]
    blocks.append(bytes(8) + (8 * len(ciphertext)).to_bytes(8, "big"))
    value = 0
    for block in blocks:
        value ^= int.from_bytes(block, "big")
        product, factor = 0, point
        for bit in range(127, -1, -1):
            if value >> bit & 1:
                product ^= factor
            factor = (factor >> 1) ^ (0xE1 << 120 if factor & 1 else 0)
        value = product
    mask = _encrypt_block(keys, nonce + b"\0\0\0\1")
    return bytes(a ^ b for a, b in zip(value.to_bytes(16, "big"), mask, strict=False))


def seal(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """Ciphertext and tag; the key has 16, 24 or 32 bytes, the nonce 12."""
    keys = _expand(key)
    ciphertext = _counter_mode(keys, nonce, plaintext)
    return ciphertext + _tag(keys, nonce, ciphertext)


def unseal(key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """The plaintext; None when the tag does not fit."""
    import hmac

    keys = _expand(key)
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if not hmac.compare_digest(_tag(keys, nonce, ciphertext), tag):
        return None
    return _counter_mode(keys, nonce, ciphertext)
