"""What the host does for plugins so that they need no permission to do it themselves."""
