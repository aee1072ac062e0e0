"""Gitea as the company's forge: its REST API (`api`), pushes over HTTP (`push`), both behind the port (`forge`)."""
