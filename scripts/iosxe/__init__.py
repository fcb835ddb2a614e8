"""A virtual IOS-XE router: command line, configuration tree, show commands.

`router.VirtualRouter` puts a router together; `memory.MemoryBackend` is a backend without a network. The rest, from
the outside in:

- ``shell/``: SSH server, terminal, sessions, the rows of exec commands, output filters, help;
- ``show/``: pure functions from state to text in IOS-XE's format;
- ``device``: what all sessions share: running and start-up configuration, log, the task that applies changes;
- ``archive``, ``files``, ``transactions``: saved configurations, and the changes that roll back unless confirmed;
- ``clock``, ``faults``: what tests set: the time, and what goes wrong on demand;
- ``serving``, ``catalogue``: practice routers on loopback; the list of what the router knows (COMMANDS.md here);
- ``day0``: what an AWS image configures by itself, and its user data;
- ``config/``: the immutable configuration tree; the rows of what may stand in it with IOS's semantics and refusals
  (``access``, ``access_lists``, ``crypto``, ``interfaces``, ``routing``; kept without effect: ``igp``,
  ``interface_lines``, ``isakmp``, ``policies``, ``services``); ``modes`` puts the rows in IOS's print order;
  ``editor`` takes lines; ``text`` prints;
- ``grammar/``: patterns, abbreviations, ambiguity and the place of the caret;
- ``derive``: the tree read into ``intent.RouterIntent``, which a backend (``state.Backend``) makes real.

A new command is a row: in its section's file under ``config/`` or in ``shell/*_commands``. It is written from Cisco's
command references, never from this project's templates; a line that no row knows is refused.
"""
