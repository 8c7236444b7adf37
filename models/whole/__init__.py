"""The whole of a site: what it draws under its own controls, its power ratio ahead, and why it changed."""
