"""Programs that stand in for what a test cannot have: a paid model, a Gitea."""
