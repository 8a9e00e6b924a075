"""One file a capability: each takes typed arguments and returns an Answer.

Slack, the command line and schedules all call these, so that the same words mean the same everywhere.
"""
