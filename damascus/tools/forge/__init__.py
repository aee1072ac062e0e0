"""Tools that publish code: repositories, commits, pushes."""
