"""What is true of a cluster: no Slack, no database, no templates."""
