"""The lab file: what a hybrid multicast lab is, as one immutable value. No input or output happens here."""
