"""Tools on the files of a task's repository, and on the company's reports."""
