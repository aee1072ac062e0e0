"""Where code lands: the port (`base`) and its implementations (`local`; Gitea has its place beside it)."""
