"""What people type, and what it must mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.help import ShowHelp
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import CanReach
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.grammar import EXAMPLES, WORDS, Command, understand
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
    ("who can approve CSRs", WhoCan(("update", "patch"), "certificatesigningrequests/approval")),
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
    ("which namespaces lack default deny", CanReach()),
    ("which namespaces have no default-deny in production", CanReach(cluster="production")),
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


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example: str) -> None:
    command = understand(example)
    assert not isinstance(command, ShowHelp) or example == "help"


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD)
def test_the_canonical_words_mean_the_same(text: str, command: Command) -> None:
    assert text is not None
    assert understand(command.canonical) == command


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("scna", "scan [cluster] [framework=ID] [namespace=NAME]"),
        ("reprot production", "report [cluster] [run=ID] [framework=ID]"),
        ("scan a b c", "scan [cluster] [framework=ID] [namespace=NAME]"),
        ("scan colour=red", "scan [cluster] [framework=ID] [namespace=NAME]"),
        ("what is love", ""),
        ("love is all", ""),
    ],
)
def test_what_is_not_understood_gets_help_with_the_nearest_word(text: str, suggestion: str) -> None:
    command = understand(text)
    assert isinstance(command, ShowHelp)
    assert command.about == text
    assert command.suggestion == suggestion


def test_forty_thousand_characters_are_answered_with_a_short_quote() -> None:
    command = understand("who has cluster-admin " * 2000)
    assert isinstance(command, ShowHelp)
    assert len(command.about) < 100


@given(st.text(max_size=2000))
def test_anything_is_answered(text: str) -> None:
    command = understand(text)
    assert command.canonical.split()[0] in {word.name for word in WORDS}
