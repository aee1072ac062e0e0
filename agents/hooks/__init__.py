"""What surrounds the steps of a run, one small file each."""
