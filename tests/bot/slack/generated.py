"""Answers that no command would give: hostile, huge, empty, to be drawn all the same."""

from hypothesis import strategies as st

from bot.answer import Action, ActionKind, Answer, File, Table, Tone
from checks.model import ClusterInfo, Evidence
from tests.bot.slack.commands import pictured

HOSTILE = "<!channel> *FAIL* `x` <http://evil|ok> :white_check_mark: @here &lt; \u202egnp \u200b"

text = st.one_of(st.text(max_size=40), st.just(HOSTILE), st.just("-"), st.text("<&>`*_~:@/", max_size=400))
long_text = st.one_of(
    text, st.integers(0, 3).map(lambda n: HOSTILE * 60 * n), st.just("verdict " * 5000), st.just("x" * 40_000)
)
row_counts = st.sampled_from([0, 1, 1, 3, 16, 40, 200, 5000])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.sampled_from([0, 1, 2, 5, 20, 21, 60]))
    columns = tuple(draw(st.lists(text, min_size=width, max_size=width)))
    wanted = draw(row_counts)
    cell = st.one_of(st.just(""), text, long_text) if wanted <= 16 else st.text(max_size=20)
    row = st.lists(cell, min_size=width, max_size=width).map(tuple)
    some = draw(st.lists(row, min_size=1, max_size=3))
    rows = tuple((some * (wanted // len(some) + 1))[:wanted])
    total = draw(st.one_of(st.none(), st.integers(wanted, 10_000)))
    return Table(draw(long_text), columns, rows, total, code=columns[::2], named=columns[1::3])


actions = st.builds(Action, kind=st.sampled_from(ActionKind), label=long_text, command=long_text)

answers = st.builds(
    Answer,
    command=long_text,
    verdict=long_text,
    tone=st.sampled_from(Tone),
    tables=st.lists(tables(), max_size=3).map(tuple),
    evidence=st.lists(
        st.builds(Evidence, path=text, observed=st.one_of(text, st.lists(text)), expected=text), max_size=4
    ).map(tuple),
    caveats=st.lists(long_text, max_size=12).map(tuple),
    notes=st.lists(long_text, max_size=12).map(tuple),
    actions=st.lists(actions, max_size=30).map(tuple),
    files=st.lists(st.builds(File, text, text, text, st.just("a.pdf")), max_size=2).map(tuple),
    picture=st.sampled_from([None, pictured("escalate").picture]),
    cluster=st.one_of(st.none(), st.builds(ClusterInfo, text, long_text, text, text)),
    age_seconds=st.one_of(st.none(), st.integers(0, 10**8)),
    run_id=st.one_of(st.none(), text),
)
