"""`quarterdeck who-can`, `who-has`, `can` and `why`: questions about rights, as scripts ask them."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ask import AnswerFormat, Format, put
from bot.cli.exits import one_message
from bot.cli.target import TargetOptions, takes_target
from bot.commands.can import CanDo
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas

Namespace = Annotated[
    str, typer.Option("--namespace", "-n", metavar="NAME", help="In this namespace. Default: wherever it is.")
]
AllNamespaces = Annotated[
    bool,
    typer.Option("--all-namespaces", "-A", help="In every namespace, each with its holders; the default."),
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", metavar="NAME", help="A group that the user is in too; repeatable."),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Put a sample of the answer to the API server and say whether it agrees."),
]
Verb = Annotated[
    str, typer.Argument(help="A verb, several with commas (any of them), or read, edit, exec; * for all.")
]
Resource = Annotated[
    str, typer.Argument(help="pods, deploy, deployments.apps, pods/exec, *, or a path such as /metrics.")
]
Name = Annotated[str, typer.Argument(help="The one object. Default: all of them.")]
Someone = Annotated[str, typer.Argument(help="user:NAME, group:NAME or sa:NAMESPACE/NAME.")]


@takes_target
def who_can(
    verb: Verb,
    resource: Resource,
    target: TargetOptions,
    name: Name = "",
    namespace: Namespace = "",
    everywhere: AllNamespaces = False,
    verify: Verify = False,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Everybody who may do something: where, and by which binding, role and rule.

    \b
    Examples:
      quarterdeck who-can get secrets -n payments --context production
      quarterdeck who-can exec pods --sample
      quarterdeck who-can create serviceaccounts/token deployer -n ci --sample
      quarterdeck who-can approve csr kubernetes.io/kube-apiserver-client --sample
      quarterdeck who-can get /metrics --sample --format json
      quarterdeck who-can '*' '*' --snapshot prod.qdsnap
    """
    with one_message():
        _one_place(namespace, everywhere=everywhere)
        question = WhoCan(tuple(verb.split(",")), resource, name, namespace)
        put(question, target.target(), form, verify=verify)


@takes_target
def who_has(
    role: Annotated[str, typer.Argument(help="A role's name, NAMESPACE/NAME for a Role.")],
    target: TargetOptions,
    namespace: Namespace = "",
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Everybody who holds a role, by its name or by another role that allows the same.

    \b
    Examples:
      quarterdeck who-has cluster-admin --context production
      quarterdeck who-has view --sample
      quarterdeck who-has web/deployer --sample --format json
    """
    with one_message():
        question = WhoHas(role=role, namespace=namespace)
        put(question, target.target(), form)


@takes_target
def can(
    subject: Someone,
    target: TargetOptions,
    verb: Verb = "",
    resource: Resource = "",
    name: Name = "",
    namespace: Namespace = "",
    groups: Groups = None,
    full: Annotated[bool, typer.Option("--full", help="One row for each rule, with its binding.")] = False,
    verify: Verify = False,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """What somebody may do, by namespace; with a verb and a resource, yes or no and the rules that decide.

    It ends with 0 for no as for yes, and with 4 where not all could be read: a script reads `allowed` of
    --format json (true, false, or null where it cannot be told).

    \b
    Examples:
      quarterdeck can sa:ci/deployer --sample
      quarterdeck can user:alice --group sre -n web --context production
      quarterdeck can sa:ci/deployer create pods -n web --sample
    """
    with one_message():
        if verb and not resource:
            raise typer.BadParameter("name the resource too, as in: can user:alice get pods")
        question = _asked(subject, verb, resource, name, namespace, groups, full=full)
        put(question, target.target(), form, verify=verify)


@takes_target
def why(
    subject: Someone,
    verb: Verb,
    resource: Resource,
    target: TargetOptions,
    name: Name = "",
    namespace: Namespace = "",
    groups: Groups = None,
    verify: Verify = False,
    form: Format = AnswerFormat.TABLE,
) -> None:
    """Each step from somebody to a right: group, binding, role, rule, and the role that supplied the rule.

    \b
    Examples:
      quarterdeck why sa:ci/deployer create pods -n web --sample
      quarterdeck why user:alice delete nodes --group sre --context production
    """
    with one_message():
        question = _asked(subject, verb, resource, name, namespace, groups, why=True)
        put(question, target.target(), form, verify=verify)


def _asked(
    subject: str,
    verb: str,
    resource: str,
    name: str,
    namespace: str,
    groups: list[str] | None,
    *,
    why: bool = False,
    full: bool = False,
) -> CanDo:
    verbs = tuple(verb.split(",")) if verb else ()
    return CanDo(subject, verbs, resource, name, namespace, tuple(groups or ()), why=why, full=full)


def _one_place(namespace: str, *, everywhere: bool) -> None:
    if namespace and everywhere:
        raise typer.BadParameter("name a namespace with -n or ask about all with -A, not both")
