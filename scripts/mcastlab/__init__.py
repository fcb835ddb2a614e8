"""mcastlab: hybrid multicast test labs as code.

`lab` says what a lab is, `render` writes the routers' configuration, `push` sends it, `traffic` proves that packets
flow. `aws` and `ssh` talk to the outside. `twin` is a local AWS region and remote site that serve the same interfaces.
"""
