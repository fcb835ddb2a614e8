"""What the toolkit and the simulators share: errors, frozen models, secrets, private files, waiting."""
