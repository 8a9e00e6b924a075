"""Answers as JSON have the shapes that are published for them."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from bot.answer import to_json
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.grammar import understand
from bot.published import schemas
from bot.rights.roles import Asker
from tests.bot.commands.desks import Clock, desk_in

HOUSE = Asker.of_the_house("test")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with two runs of the sample."""
    clock = Clock()
    made = desk_in(tmp_path_factory.mktemp("data"), clock)
    for _ in range(2):
        perform(made, understand("scan"), asker=HOUSE)
        clock.forward(hours=1)
    return made


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("list", "which pods run as root"),
        ("list", "list no-default-deny"),
        ("exposed", "is web/booking exposed"),
        ("drift", "what changed"),
        ("answer", "explain pod-privileged"),
        ("answer", "explain 5.1.3"),
        ("answer", "fix pod-privileged"),
        ("answer", "schedule"),
        ("answer", "help list"),
    ],
)
def test_an_answer_obeys_its_published_schema(desk: Desk, schema: str, text: str) -> None:
    answer = perform(desk, understand(text), asker=HOUSE)
    document = json.loads(msgspec.json.encode(to_json(answer)))
    jsonschema.validate(document, schemas()[schema])
    assert understand(document["command"]) == understand(text)
