"""Tests that a user writes: what devices do, step by step, and what they are expected to hear."""
