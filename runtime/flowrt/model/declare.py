"""How tasks and blocks declare their properties: once, in the class that runs them.

A task is a subclass of `Task`, its properties are class attributes made by `prop`. The runtime builds it from
keyword arguments, the compiler reads the very same declarations (`properties_of`) to validate YAML. The machinery is
a few lines instead of `dataclasses`, because generated programs start from cron and pay for every import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from flowrt.expr.template import Template

    Text: TypeAlias = str | Template
    Integer: TypeAlias = int | str | Template
    Number: TypeAlias = int | float | str | Template
    Flag: TypeAlias = bool | str | Template
    Listing: TypeAlias = list[Any] | str | Template
    Mapping: TypeAlias = dict[Any, Any] | str | Template


class Kind:
    """What a property accepts and how its text is converted once it is rendered.

    `name` is one of the kinds below; `item` is the kind of list elements and map values; `values` are the constants of
    an enumeration; `options` are the alternatives of a union; `record` is the class of a nested object, `classes` are
    those of an object that names its class by `type`. `open`: there are more such classes than those, with this word in
    their names; an object of one of them is left out. Of a list, map or text `open` says that it is written out: what is in it
    may be rendered, but it has its shape when the flow is saved.
    """

    __slots__ = ("classes", "item", "name", "open", "options", "record", "values")

    def __init__(
        self,
        name: str,
        item: Kind | None = None,
        values: tuple[str, ...] = (),
        options: tuple[Kind, ...] = (),
        record: type[Declared] | None = None,
        classes: dict[str, type[Declared]] | None = None,
        open: str = "",
    ) -> None:
        self.name = name
        self.open = open
        self.item = item
        self.values = values
        self.options = options
        self.record = record
        self.classes = classes or {}

    def __repr__(self) -> str:
        return f"{self.name}[{self.item!r}]" if self.item else self.name


STRING = Kind("string")
PLAIN = Kind("string", open="text")
"""A text that is no list or map, which others are taken for."""
INTEGER = Kind("integer")
DOUBLE = Kind("double")
BOOLEAN = Kind("boolean")
DURATION = Kind("duration")
DATETIME = Kind("zoned")
URI = Kind("uri")
ANY = Kind("any")
"""Any YAML value; texts in it are rendered where it is used."""
TYPED = Kind("typed")
"""Typed rendering: one expression alone keeps the type of its value."""


TASK = Kind("task")
"""One child task; the compiler turns children into code, they never reach the constructor."""
TASKS = Kind("tasks")
"""A list of child tasks."""
CASES = Kind("cases")
"""Child tasks by the text of a case."""
DAG = Kind("dag")
"""Child tasks with the ids that each depends on."""
INPUTS = Kind("inputs")
"""Declarations of typed inputs."""


def enum(*values: str) -> Kind:
    """One of the constants, matched exactly."""
    return Kind("enum", values=values)


def written(item: Kind = STRING) -> Kind:
    """A list that is written out: its items may be expressions, the whole may not."""
    return Kind("list", item=item, open="items")


def written_map(item: Kind = ANY) -> Kind:
    """A map that is written out: its keys and values may be expressions, the whole may not."""
    return Kind("map", item=item, open="items")


def listing(item: Kind = STRING) -> Kind:
    """A list, or one expression that renders to a JSON array."""
    return Kind("list", item=item)


def mapping(item: Kind = ANY) -> Kind:
    """A map, or one expression that renders to a JSON object."""
    return Kind("map", item=item)


def one_of(*options: Kind) -> Kind:
    """Any of several shapes, tried in order."""
    return Kind("union", options=options)


def record(cls: type[Declared]) -> Kind:
    """A nested object with declared properties."""
    return Kind("record", record=cls)


def tagged(*, open: str = "", **classes: type[Declared]) -> Kind:
    """A nested object whose `type` names its class; `open` is explained at `Kind`."""
    return Kind("tagged", classes=classes, open=open)


class Property:
    """One declared property: its YAML name, kind, default, and whether it may hold expressions."""

    __slots__ = ("aliases", "attribute", "default", "ignored", "kind", "required", "static", "yaml")

    def __init__(
        self,
        kind: Kind,
        default: Any,
        required: bool,
        static: bool,
        yaml: str,
        aliases: tuple[str, ...],
        ignored: bool,
    ) -> None:
        self.kind = kind
        self.default = default
        self.required = required
        self.static = static
        self.yaml = yaml
        self.aliases = aliases
        self.ignored = ignored
        self.attribute = ""


_REQUIRED: Any = object()


def prop(
    kind: Kind,
    *,
    default: Any = _REQUIRED,
    static: bool = False,
    yaml: str = "",
    aliases: tuple[str, ...] = (),
    ignored: bool = False,
    kw_only: bool = True,
    init: bool = True,
) -> Any:
    """Declare a property; without a default it is required.

    `static` properties are literals (the engine does not render them), and tasks and inputs always are. `yaml`
    is the name in the flow when it is not the camel case of the attribute; `aliases` are older names. `ignored`
    properties are accepted and have no effect in a single process (worker groups, container images). `init=False` tells
    type checkers that the constructor does not take it: child tasks, which are code in a generated module.
    """
    required = default is _REQUIRED
    static = static or kind in (TASK, TASKS, CASES, DAG, INPUTS)
    return Property(kind, None if required else default, required, static, yaml, aliases, ignored)


def camel(attribute: str) -> str:
    """The YAML name of an attribute: `concurrency_limit` is `concurrencyLimit`."""
    head, *rest = attribute.strip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@dataclass_transform(kw_only_default=True, field_specifiers=(prop,))
class Declared:
    """Anything with declared properties: a task, a block, a nested record."""

    properties: ClassVar[dict[str, Property]] = {}
    withdrawn: ClassVar[frozenset[str]] = frozenset()
    """Attributes of classes above that are no properties here."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Property)}
        for name, declared in own.items():
            declared.attribute = name
            declared.yaml = declared.yaml or camel(name)
            setattr(cls, name, declared.default)
        if own or len(cls.__bases__) > 1:
            inherited: dict[str, Property] = {}
            for base in reversed(cls.__mro__[1:]):
                inherited.update(getattr(base, "properties", {}))
            found = {**inherited, **own}
            cls.properties = {k: v for k, v in found.items() if k not in cls.withdrawn}

    if not TYPE_CHECKING:

        def __init__(self, *args: Any, **given: Any) -> None:
            if args:
                (self.id,) = args
            self.__dict__.update(given)

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self.__dict__.items())
        return f"{type(self).__name__}({given})"


AnyDeclared = TypeVar("AnyDeclared", bound=type[Declared])


def task_type(*names: str) -> Any:
    """Name the Kestra type that a class runs; more names are its older spellings with the same properties."""

    def register(cls: AnyDeclared) -> AnyDeclared:
        cls.type_name = names[0]  # type: ignore[attr-defined]
        cls.type_aliases = names[1:]  # type: ignore[attr-defined]
        return cls

    return register
