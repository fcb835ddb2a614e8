"""What runs in the namespaces: one base, and FRR, BIRD, strongSwan, GRE, Linux machines and an impaired WAN on it."""
