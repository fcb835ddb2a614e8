"""The programs that carry packets and routes inside a namespace: FRR, BIRD, strongSwan, GRE."""
