"""Where code is published: the port (`port`) and its implementations (`local`, `gitea`)."""
