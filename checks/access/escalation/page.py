"""The catalogue of ways to more rights as a page for people."""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.catalogue import CATALOGUE

_INTRODUCTION = """\
# Ways to more rights

What `quarterdeck escalate` and `quarterdeck blast-radius` go by, and the checks that use them: single
rights that let whoever holds them become somebody else. A chain of them is a way; each of its steps names
the id of this table, the permission, and the binding, role and rule that give it. Generated from the code
(Kubernetes v1.37).

| Id | The act | Takes | Gains | Where that is written |
| --- | --- | --- | --- | --- |
"""
_NOTES = """
- E16, E19, E20 and E21 gain nobody else's identity by themselves, and no step is made of them.
- A step may have a condition, which is shown with it: something that must be so or happen and that no right
  of the one who takes the step brings about. E14 changes pods only when somebody starts them, so the step
  after it is to wait.
- `create` limited to names allows nothing by itself, since a plain create carries no name. Together with
  `patch` of the same name it makes that object by server-side apply, and roles and bindings are made by
  `update` too; the two rights may come from two rules, roles or bindings.
- E4 is the verb `impersonate`, and from Kubernetes 1.36 on the constrained modes: both `impersonate:MODE`
  on whom and `impersonate-on:MODE:VERB` on what is done are needed. `associated-node` acts as the node of
  the pod whose token is used.
- E13 needs no approver for a kubelet's certificate: the controller manager approves it itself for whoever
  may create `certificatesigningrequests/nodeclient`.
- E23 is worth what is bound to the groups `system:bootstrappers` and below, and nothing where the API
  server was seen to take no bootstrap tokens. Which groups an existing token names is not read.
"""


def markdown() -> str:
    """The page."""
    return f"{_INTRODUCTION}{''.join(_rows())}{_NOTES}"


def _rows() -> Iterator[str]:
    for each in CATALOGUE.values():
        yield f"| {each.id} | {each.title} | {each.right} | {each.gains} | {each.source} |\n"
