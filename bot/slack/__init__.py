"""The only room that knows Slack: words come in, Answers go out as Block Kit, nothing is said twice."""
