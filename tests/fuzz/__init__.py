"""What comes from a worker, made up by machines."""
