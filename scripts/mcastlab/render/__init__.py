"""From a lab and its facts to text: the routers' configuration, and what machines are given at first boot."""
