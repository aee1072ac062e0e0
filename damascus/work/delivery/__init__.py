"""What leaves the company: reports, repositories and their way to the forge."""
