"""The design of a lab: what follows from its lab file, as frozen values, each derived here and nowhere else.

Stacks, templates, design checks, verification, pre-flight checks and reports loop over it.
"""
