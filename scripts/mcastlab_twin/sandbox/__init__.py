"""The namespaces that hold a twin: what starts them, what they hide, and what leads in."""
