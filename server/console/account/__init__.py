"""One's own account: who I am here, password, second factor, devices; proving oneself; joining."""
