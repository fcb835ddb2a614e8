"""Everything observed of a lab at one time, as values. Pure."""
