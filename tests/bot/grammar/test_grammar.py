"""What people type, and what it must mean."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.help import AskBack, ShowHelp, ask_back, help_
from bot.commands.lists import ListFailing
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import CanReach
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.grammar import WORDS, Command, understand
from bot.grammar.sentences import Choice, Literal, Node, Sentence, Sequence, Slot
from bot.grammar.slots import KINDS
from bot.grammar.word import Word
from checks.pod_security.levels import Level

UNDERSTOOD: list[tuple[str, Command]] = [
    ("", ShowHelp()),
    ("help", ShowHelp()),
    ("HELP", ShowHelp()),
    ("<@U012ABC> help", ShowHelp()),
    ("scan", RunScan()),
    ("Scan production", RunScan("production")),
    ("scan cluster=production", RunScan("production")),
    ("scan production --namespace payments", RunScan("production", namespaces=("payments",))),
    ("scan production namespace=a namespace=b", RunScan("production", namespaces=("a", "b"))),
    ("check", RunScan()),
    ("report", MakeReport()),
    ("report production", MakeReport("production")),
    ("report run=r-20261124-k3f9", MakeReport(run="r-20261124-k3f9")),
    ("status", ShowStatus()),
    ("who has cluster-admin", WhoHas()),
    ("who has cluster-admin?", WhoHas()),
    ("Who has `cluster-admin`?", WhoHas()),
    ("who has cluster admin in production", WhoHas("production")),
    ("who has cluster-admin on the production cluster", WhoHas("production")),
    ("who has cluster-admin in the cluster?", WhoHas()),
    ("who has cluster-admin in this cluster right now, please", WhoHas()),
    ("who has cluster-admin here", WhoHas()),
    ("who has cluster-admin in production please", WhoHas("production")),
    ("who is cluster admin", WhoHas()),
    ("who are the cluster-admins?", WhoHas()),
    ("which service accounts have cluster-admin", WhoHas()),
    ("list cluster-admins", WhoHas()),
    ("cluster-admins", WhoHas()),
    ("who has view", WhoHas(role="view")),
    ("who has the role View in payments?", WhoHas(role="View", namespace="payments")),
    ("who-has web/deployer production", WhoHas("production", "web/deployer")),
    ("who can read secrets in payments?", WhoCan(("read",), "secrets", "", "payments")),
    ("who can get, list or watch secrets", WhoCan(("get", "list", "watch"), "secrets")),
    ("who can read the secret db-Main in payments", WhoCan(("read",), "secret", "db-Main", "payments")),
    ("who has access to secrets in the namespace web", WhoCan(("read",), "secrets", "", "web")),
    ("who can read secrets in the production cluster", WhoCan(("read",), "secrets", cluster="production")),
    ("who can read secrets in web on prod", WhoCan(("read",), "secrets", "", "web", "prod")),
    ("who can delete pods in any namespace", WhoCan(("delete",), "pods")),
    ("who could exec into pods in payments", WhoCan(("exec",), "pods", "", "payments")),
    ("who could exec into the pod api-0 in payments", WhoCan(("exec",), "pods", "api-0", "payments")),
    ("who could exec into payments/api-0", WhoCan(("exec",), "pods", "api-0", "payments")),
    ("who can exec into namespace payments", WhoCan(("exec",), "pods", "", "payments")),
    ("who can create pods in kube-system", WhoCan(("create",), "pods", "", "kube-system")),
    ("who can mint tokens", WhoCan(("create",), "serviceaccounts/token")),
    (
        "who could mint a token for ci/deployer",
        WhoCan(("create",), "serviceaccounts/token", "deployer", "ci"),
    ),
    ("who can approve CSRs", WhoCan(("approve",), "certificatesigningrequests")),
    (
        "which groups can edit webhooks",
        WhoCan(("edit",), "validatingwebhookconfigurations,mutatingwebhookconfigurations"),
    ),
    ("who can do everything", WhoCan(("*",), "*")),
    ("who can get /metrics", WhoCan(("get",), "/metrics")),
    (
        "who-can get deployments.apps/scale web -n shop",
        WhoCan(("get",), "deployments.apps/scale", "web", "shop"),
    ),
    ("who-can * *", WhoCan(("*",), "*")),
    ("*who-can get pods*", WhoCan(("get",), "pods")),
    ("who-can get pods -A cluster=prod", WhoCan(("get",), "pods", cluster="prod")),
    ("can Alice delete pods in web?", CanDo("Alice", ("delete",), "pods", "", "web")),
    ("can user alice@example.com get pods", CanDo("user:alice@example.com", ("get",), "pods")),
    ("may service account ci/deployer create pods", CanDo("sa:ci/deployer", ("create",), "pods")),
    ("what can sa:ci/deployer do?", CanDo("sa:ci/deployer")),
    ("what can group sre do in web on prod", CanDo("group:sre", namespace="web", cluster="prod")),
    ("can sa:ci/deployer do everything", CanDo("sa:ci/deployer", ("*",), "*")),
    ("can sa:ci/deployer --full", CanDo("sa:ci/deployer", full=True)),
    (
        "can user:a get pods -n web group=sre group=dev",
        CanDo("user:a", ("get",), "pods", "", "web", ("sre", "dev")),
    ),
    ("why can alice delete pods in web", CanDo("alice", ("delete",), "pods", "", "web", why=True)),
    ("why is alice cluster-admin", CanDo("alice", ("*",), "*", why=True)),
    ("why does sa:ci/deployer have cluster-admin", CanDo("sa:ci/deployer", ("*",), "*", why=True)),
    ("why sa:ci/a create pods in ci", CanDo("sa:ci/a", ("create",), "pods", "", "ci", why=True)),
    ("why user:a get /metrics", CanDo("user:a", ("get",), "/metrics", why=True)),
    ("is secrets encryption on?", IsEncrypted()),
    ("is encryption at rest enabled in production", IsEncrypted("secrets", "production")),
    ("are secrets encrypted", IsEncrypted()),
    ("can web/front reach web/shop on port 8080?", CanReach("web/front", "web/shop", "8080")),
    ("may pod web/front talk to 8.8.8.8 in production", CanReach("web/front", "8.8.8.8", "", "production")),
    ("can web/shop connect to the internet", CanReach("web/shop", "internet")),
    ("who can reach data/db on 5432/tcp in production", CanReach("any", "data/db", "5432/tcp", "production")),
    ("what is web/shop allowed to reach", CanReach("web/shop")),
    ("what can web/shop reach", CanReach("web/shop")),
    ("which namespaces lack default deny", ListFailing("no-default-deny")),
    (
        "which namespaces have no default-deny in production",
        ListFailing("no-default-deny", cluster="production"),
    ),
    ("which namespaces are closed by default in production", CanReach(cluster="production")),
    ("reach any web/shop 53/UDP cluster=production", CanReach("any", "web/shop", "53/UDP", "production")),
    ("reach", CanReach()),
    ("matrix", ShowMatrix()),
    ("matrix payments", ShowMatrix("payments")),
    ("matrix payments production", ShowMatrix("payments", "production")),
    ("network matrix of payments", ShowMatrix("payments")),
    ("Show me the network matrix", ShowMatrix()),
    ("network matrix for the namespace payments in production", ShowMatrix("payments", "production")),
    ("who may talk to whom in payments?", ShowMatrix("payments")),
    ("who can reach whom", ShowMatrix()),
    ("are configmaps encrypted at rest in production", IsEncrypted("configmaps", "production")),
    ("encryption", IsEncrypted()),
    ("encryption deployments.apps", IsEncrypted("deployments.apps")),
    ("encryption secrets production", IsEncrypted("secrets", "production")),
    ("what would break if payments became restricted?", WhatIf("payments")),
    (
        "which pods will be refused if the namespace web enforced baseline",
        WhatIf("web", Level.BASELINE),
    ),
    (
        "what would break if payments became restricted in production",
        WhatIf("payments", Level.RESTRICTED, "production"),
    ),
    ("what-if payments", WhatIf("payments")),
    ("escalate", Escalate()),
    ("escalate sa:ci/deployer", Escalate("sa:ci/deployer")),
    ("escalate user:Alice@Example cluster=production", Escalate("user:Alice@Example", "production")),
    ("how could sa:ci/deployer become cluster-admin?", Escalate("sa:ci/deployer")),
    (
        "How can the service account ci/deployer become a cluster admin in production",
        Escalate("sa:ci/deployer", "production"),
    ),
    ("can group:SRE reach cluster-admin", Escalate("group:SRE")),
    ("who could become cluster-admin", Escalate()),
    ("which service accounts can become cluster-admin", Escalate()),
    ("blast-radius pod payments/api-0", BlastRadius("payments/api-0", "pod")),
    ("blast radius of pod payments/api-0", BlastRadius("payments/api-0", "pod")),
    ("Blast radius of payments/ledger in production?", BlastRadius("payments/ledger", "", "production")),
    ("what could someone inside payments/ledger do?", BlastRadius("payments/ledger")),
    ("what if deployment web/shop is compromised", BlastRadius("web/shop", "deployment")),
    ("whom can user alice become", Escalate("user:alice")),
    ("what-if payments Baseline production", WhatIf("payments", Level.BASELINE, "production")),
    ("who-has cluster-admin", WhoHas()),
    ("who-has cluster-admin production", WhoHas("production")),
    ("ask who has cluster-admin", WhoHas()),
    ("ask “who has cluster-admin”", WhoHas()),
    ('ask "who has cluster-admin" cluster=production', WhoHas("production")),
    ("<@U012ABC|quarterdeck>  who\u00a0has  cluster\u2011admin ?", WhoHas()),
    ("who has cluster-admin in <http://prod.eu|prod.eu>", WhoHas("prod.eu")),
]


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD)
def test_understood(text: str, command: Command) -> None:
    assert understand(text) == command


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_every_word_explains_itself(word: Word[Command]) -> None:
    assert word.usage.split()[0] == word.name
    assert word.summary
    assert not word.summary.endswith(".")
    assert word.examples
    assert word.sentences or word.name == "ask"
    assert [place for place in word.places if place not in KINDS] == []
    answer = help_(ShowHelp(word.name), WORDS)
    assert answer.verdict.startswith(f"{word.usage}: {word.summary}.")
    assert answer.tables[0].rows == tuple((example,) for example in word.examples)
    assert understand(f"help {word.name}") == ShowHelp(word.name)
    assert understand(f"how do I use {word.name}?") == ShowHelp(word.name)


@pytest.mark.parametrize(
    ("word", "example"), [(word.name, each) for word in WORDS for each in word.examples if word.name != "ask"]
)
def test_every_example_means_its_word_and_comes_back_from_its_canonical_form(word: str, example: str) -> None:
    command = understand(example)
    assert command.canonical.split()[0] == word
    assert understand(command.canonical) == command


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD)
def test_the_canonical_words_mean_the_same(text: str, command: Command) -> None:
    assert text is not None
    assert understand(command.canonical) == command


def texts(node: Node) -> st.SearchStrategy[str]:
    """Texts that a template matches."""
    match node:
        case Literal(forms):
            return st.sampled_from(sorted(forms))
        case Slot(_, kind):
            return st.just(kind.example)
        case Choice(options):
            return st.one_of([texts(each) for each in options])
        case Sequence(parts):
            return st.tuples(*map(texts, parts)).map(lambda said: " ".join(filter(None, said)))


SENTENCES = [(word, sentence) for word in WORDS for sentence in word.sentences]


@pytest.mark.parametrize(("word", "sentence"), SENTENCES, ids=lambda each: getattr(each, "text", ""))
@settings(max_examples=10)
@given(data=st.data())
def test_whatever_a_sentence_can_say_is_understood_and_comes_back_from_its_canonical_form(
    word: Word[Command], sentence: Sentence[Command], data: st.DataObject
) -> None:
    text = data.draw(texts(sentence.tree))
    command = understand(text)
    assert not isinstance(command, AskBack)
    assert not isinstance(command, ShowHelp) or (word.name == "help" and not command.about)
    assert understand(command.canonical) == command


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("list no-default-deny in production", "list no-default-deny namespace=production"),
        ("list privileged in the cluster production", "list privileged cluster=production"),
        ("who-can read secrets in payments", "who-can read secrets namespace=payments"),
        ("who-can read secrets in the namespace payments", "who-can read secrets namespace=payments"),
        ("who-has view in ns payments", "who-has view namespace=payments"),
        ("explain pod-privileged in production", "explain pod-privileged cluster=production"),
        ("scan in production", "scan production"),
        ("scan for the namespace payments", "scan namespace=payments"),
        ("scan the production cluster", "scan production"),
        ("drift yesterday in production", "drift since=yesterday cluster=production"),
        ("matrix payments on production", "matrix payments cluster=production"),
        ("schedule for production", "schedule production"),
        ("escalate sa:ci/deployer on production", "escalate sa:ci/deployer cluster=production"),
    ],
)
def test_a_word_in_short_may_be_followed_by_where(text: str, canonical: str) -> None:
    assert understand(text).canonical == canonical


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("scna", "scan"),
        ("reprot production", "report production"),
        ("who hsa cluster-admin", "who-has cluster-admin"),
        ("who can raed secrets", None),
        ("wich service acounts can become cluster-admin", "escalate"),
        ("are secrets encryptd?", "encryption secrets"),
        ("hepl", "help"),
    ],
)
def test_a_misspelling_is_asked_back_with_the_command_to_copy(text: str, meant: str | None) -> None:
    command = understand(text)
    if meant is None:
        assert isinstance(command, WhoCan)
        return
    assert command == AskBack(text.rstrip("?"), meant)
    answer = ask_back(command)
    assert answer.verdict == f"I did not understand “{text.rstrip('?')}”. Did you mean: {meant}"
    assert answer.tables == ()
    assert understand(meant).canonical == meant


@pytest.mark.parametrize("text", ["scan a b c", "scan colour=red"])
def test_a_word_with_what_it_cannot_take_is_explained(text: str) -> None:
    command = understand(text)
    assert command == ShowHelp("scan", about=text)
    answer = help_(command, WORDS)
    assert (
        answer.verdict
        == f"I did not understand “{text}”. Say: scan [cluster] [framework=ID] [namespace=NAME]"
    )
    assert answer.command == "help"


@pytest.mark.parametrize("text", ["what is love", "love is all", "¿quién tiene cluster-admin?", "谁是管理员"])
def test_what_is_not_understood_gets_help_that_quotes_it(text: str) -> None:
    command = understand(text)
    assert isinstance(command, ShowHelp)
    assert command.about in text
    assert "I did not understand" in help_(command, WORDS).verdict


def test_forty_thousand_characters_are_answered_with_a_short_quote() -> None:
    command = understand("who has cluster-admin " * 2000)
    assert isinstance(command, ShowHelp)
    assert len(command.about) < 100


REPEATED = (
    "ask|please|pls,|hey|who|can|in|ask in|the|a or|get,|`|*|-n|x=|'|namespace|which pods|whcih|yes|why|ns in"
    "|list in|and|:a:|&lt;|<a/b>"
)


@pytest.mark.parametrize("word", REPEATED.split("|"))
def test_no_word_over_and_over_takes_long(word: str) -> None:
    understand("warm up")
    for joined in (" ", ""):
        text = joined.join([word] * 600)[:500]
        began = time.thread_time()
        assert understand(text).canonical
        assert time.thread_time() - began < 0.15


PIECES = st.sampled_from(
    [
        *"?!.,;:`_*<>&|\\\"'…=-/()[]{}",
        *"\u2018\u2019\u201c\u201d\u2013\u2014\u202e\u200f\u200b\u0000\x1b\xa0🎉",
        *(
            "<@U1>",
            "<#C1|x>",
            "&lt;",
            "&amp;",
            "<http://a.b|c>",
            "<mailto:a@b|a@b>",
            ":tada:",
            "--",
            "-n",
            "-A",
        ),
        *(
            "who",
            "can",
            "why",
            "get,",
            "list",
            "or",
            "secrets",
            "in",
            "the",
            "namespace",
            "cluster",
            "production",
        ),
        *(
            "payments",
            "scan",
            "since",
            "yesterday",
            "become",
            "reach",
            "ask",
            "help",
            "3",
            "r-1",
            "restricted",
        ),
        *("cluster=", "привет", "你好", "مرحبا"),
    ]
)


@given(
    st.one_of(
        st.text(max_size=2000), st.lists(PIECES, max_size=150).map(" ".join), st.lists(PIECES).map("".join)
    )
)
def test_anything_is_answered_at_once_and_politely(text: str) -> None:
    began = time.thread_time()
    command = understand(text)
    assert time.thread_time() - began < 0.25
    assert command.canonical.split()[0] in {word.name for word in WORDS}
    assert not isinstance(command, ShowHelp) or help_(command, WORDS).verdict


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u201cwho has cluster-admin\u201d", "who-has cluster-admin"),
        ("who\u00a0has\u00a0cluster\u2011admin", "who-has cluster-admin"),
        ("who has cluster-admin in <http://prod.eu|prod.eu>", "who-has cluster-admin prod.eu"),
        ("<@U012ABC|quarterdeck> who has cluster-admin", "who-has cluster-admin"),
        ("what can <mailto:alice@example.com|alice@example.com> do", "can alice@example.com"),
        ("who-can read secrets \u2014namespace payments", "who-can read secrets namespace=payments"),
        ("scan \u2018production\u2019", "scan production"),
        ("/quarterdeck scan production", "scan production"),
        ("Quarterdeck: scan production", "scan production"),
        ("scan quarterdeck", "scan quarterdeck"),
    ],
)
def test_rule_49_what_slack_and_keyboards_make_of_words_is_understood(typed: str, meant: str) -> None:
    assert understand(typed).canonical == meant
