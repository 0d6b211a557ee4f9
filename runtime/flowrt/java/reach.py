"""What reflection cannot reach: public methods that a class of the Java library declares without being public itself."""

from flowrt.java.errors import RawError

INACCESSIBLE = "java.lang.reflect.InaccessibleObjectException"


def out_of_reach(method: str, package: str) -> RawError:
    """The failure to call such a method, which is given with its modifiers."""
    return RawError(
        f"Unable to make {method} accessible: module java.base does not "
        f'"opens {package}" to unnamed module',
        INACCESSIBLE,
    )
