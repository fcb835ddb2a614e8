"""The virtual router at work: its intent brought to FRR, BIRD, strongSwan and the kernel, and read back."""
