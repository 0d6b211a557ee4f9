"""Records that are made up, for tests and demonstrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    tagged,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.model.task import Task
from flowrt.packages import FAKER
from flowrt.plugins.stored import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Text

_EXPRESSION = re.compile(r"#\{\s*([\w.]+)\s*([^}]*)\}")
_ARGUMENT = re.compile(r"'((?:[^'\\]|\\.)*)'|([^\s,']+)")

PROVIDERS = {
    "address.buildingnumber": "building_number",
    "address.city": "city",
    "address.country": "country",
    "address.countrycode": "country_code",
    "address.fulladdress": "address",
    "address.latitude": "latitude",
    "address.longitude": "longitude",
    "address.postcode": "postcode",
    "address.state": "state",
    "address.stateabbr": "state_abbr",
    "address.streetaddress": "street_address",
    "address.streetname": "street_name",
    "address.timezone": "timezone",
    "address.zipcode": "postcode",
    "bool.bool": "pybool",
    "business.creditcardnumber": "credit_card_number",
    "business.creditcardtype": "credit_card_provider",
    "code.ean13": "ean13",
    "code.ean8": "ean8",
    "code.isbn10": "isbn10",
    "code.isbn13": "isbn13",
    "color.hex": "hex_color",
    "color.name": "color_name",
    "company.bs": "bs",
    "company.catchphrase": "catch_phrase",
    "company.name": "company",
    "company.suffix": "company_suffix",
    "date.birthday": "date_of_birth",
    "date.future": "future_datetime",
    "date.past": "past_datetime",
    "file.extension": "file_extension",
    "file.filename": "file_name",
    "file.mimetype": "mime_type",
    "finance.bic": "swift",
    "finance.creditcard": "credit_card_number",
    "finance.iban": "iban",
    "idnumber.valid": "ssn",
    "internet.domainname": "domain_name",
    "internet.emailaddress": "email",
    "internet.image": "image_url",
    "internet.ipv4address": "ipv4",
    "internet.ipv6address": "ipv6",
    "internet.macaddress": "mac_address",
    "internet.password": "password",
    "internet.safeemailaddress": "safe_email",
    "internet.slug": "slug",
    "internet.url": "url",
    "internet.useragent": "user_agent",
    "internet.username": "user_name",
    "internet.uuid": "uuid4",
    "job.title": "job",
    "lorem.character": "random_letter",
    "lorem.paragraph": "paragraph",
    "lorem.sentence": "sentence",
    "lorem.word": "word",
    "name.firstname": "first_name",
    "name.fullname": "name",
    "name.lastname": "last_name",
    "name.name": "name",
    "name.prefix": "prefix",
    "name.suffix": "suffix",
    "name.title": "job",
    "name.username": "user_name",
    "number.digit": "random_digit",
    "number.randomdigit": "random_digit",
    "number.randomdigitnotzero": "random_digit_not_null",
    "phonenumber.cellphone": "phone_number",
    "phonenumber.phonenumber": "phone_number",
    "username": "user_name",
}
"""What Kestra's library is asked for, without regard to case, and what Python's has for it."""

WORDS = {
    "job.field": "Accounting Administration Banking Construction Consulting Design Education "
    "Farming Government Hospitality IT Legal Manufacturing Marketing Mining Retail Sales Technology",
    "job.keyskills": "Communication Confidence Leadership Networking Organisation Proactive "
    "Self-motivated Teamwork",
    "job.position": "Administrator Agent Analyst Architect Assistant Associate Consultant Coordinator "
    "Designer Developer Director Engineer Executive Facilitator Manager Officer Planner Producer "
    "Specialist Strategist Supervisor Technician",
    "job.seniority": "Junior Senior Lead Principal Chief",
}
"""Words for what Python's library does not have."""


class JsonObjectGenerator(Declared):
    """A map whose texts may be expressions, `#{name.fullName}`."""

    value: Mapping = prop(mapping(ANY))
    locale: Listing | None = prop(listing(STRING), default=None)


class StringValueGenerator(Declared):
    """A text with expressions."""

    value: Text = prop(STRING)
    locale: Listing | None = prop(listing(STRING), default=None)


class RandomBytesGenerator(Declared):
    """So many bytes."""

    size: Integer = prop(INTEGER)


GENERATOR = tagged(
    open="",
    **{
        f"io.kestra.plugin.datagen.generators.{each.__name__}": each
        for each in (JsonObjectGenerator, StringValueGenerator, RandomBytesGenerator)
    },
)


@task_type("io.kestra.plugin.datagen.core.Generate", "io.kestra.plugin.datagen.Generate")
class DatagenGenerate(Task):
    """Make a value up, or a stored file of many."""

    packages: ClassVar[tuple[str, ...]] = (FAKER,)
    outputs: ClassVar[dict[str, Kind] | None] = {
        "count": INTEGER,
        "size": INTEGER,
        "uri": URI,
        "value": ANY,
    }

    generator: JsonObjectGenerator | StringValueGenerator | RandomBytesGenerator = prop(GENERATOR)
    store: Flag = prop(BOOLEAN, default=False)
    batch_size: Integer = prop(INTEGER, default=1)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run, Stop(run)))

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        from flowrt.formats.ion import write_ion
        from flowrt.formats.jsonwrite import to_json
        from flowrt.services.folders import temporary_name

        produce = self._producer(run)
        if not run.flag(self.store):
            value = produce()
            return {"size": len(to_json(value).encode()), "count": 1, "value": value}
        path = run.private_folder() / temporary_name(".ion")
        size, count = 0, required(run.integer(self.batch_size))
        with path.open("wb") as file:
            for _ in stop.each(range(count)):
                data = write_ion(produce()).encode()
                file.write(data + b"\n")
                size += len(data)
        return {"size": size, "count": count, "uri": run.put_file(path, path.name)}

    def _producer(self, run: RunContext) -> Callable[[], Any]:
        """What makes a value; expressions of the flow are rendered each time."""
        from flowrt.java.values import ByteArray

        given = self.generator
        if isinstance(given, RandomBytesGenerator):
            from os import urandom

            size = required(run.integer(given.size))
            return lambda: ByteArray(urandom(size))
        inventor = Inventor(run.listing(given.locale) or [])
        if isinstance(given, StringValueGenerator):
            text = given.value
            return lambda: inventor.text(run.text(text) or "")
        value = given.value
        return lambda: inventor.filled(run.structure(value))


class Inventor:
    """Makes up what expressions ask for, in a language."""

    def __init__(self, locale: list[Any]) -> None:
        if len(locale) > 3:
            raise TaskFailure(
                "Invalid value for property 'locale'. Expected format: [language, country, variant], "
                f"but received: [{', '.join(map(str, locale))}]."
            )
        library = load("faker", "datagen", FAKER, "datagen")
        names = ["_".join(map(str, locale[:2])), *map(str, locale[:1]), "en_US"]
        for name in names:
            try:
                self._faker = library.Faker(name) if name else library.Faker()
                break
            except (AttributeError, ValueError):
                continue

    def filled(self, value: Any) -> Any:
        """A value with its expressions replaced, at every depth."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, str) and value.startswith("#{"):
            return self.text(value)
        return value

    def text(self, text: str) -> str:
        """A text with its expressions replaced; it stays as it is when one of them is not known."""
        try:
            return _EXPRESSION.sub(lambda match: self._one(match[1].lower(), match[2]), text)
        except (AttributeError, ValueError, KeyError, TypeError):
            return text

    def _one(self, name: str, rest: str) -> str:
        given = [quoted or plain for quoted, plain in _ARGUMENT.findall(rest)]
        name = name.replace("_", "")
        if name in WORDS:
            return str(self._faker.random_element(WORDS[name].split()))
        if name in ("numerify", "letterify", "bothify"):
            return str(getattr(self._faker, name)(given[0]))
        if name in ("options.option", "options.nextelement"):
            return str(self._faker.random_element(given))
        if name == "number.numberbetween":
            return str(self._faker.random_int(int(given[0]), max(int(given[0]), int(given[1]) - 1)))
        if name == "number.digits":
            return str(self._faker.numerify("#" * int(given[0])))
        return str(getattr(self._faker, PROVIDERS[name])())
