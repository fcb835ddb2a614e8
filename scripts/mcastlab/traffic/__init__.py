"""Proof by packets: numbered datagrams from a sender to receivers, and silence where nobody joined."""
