"""What every other part stands on: errors, types of arrays, files, run directories."""
