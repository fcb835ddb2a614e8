"""RSA keys that tests share: to find the primes of one takes 70 ms, and no test needs primes of its own."""

from __future__ import annotations

from functools import cache

import asyncssh

BITS = 2048


@cache
def rsa_key(owner: str) -> asyncssh.SSHKey:
    """Return the key of an owner, the same one for all tests of a process.

    >>> rsa_key("a user") is rsa_key("a user"), rsa_key("a user") == rsa_key("a router")
    (True, False)
    """
    return asyncssh.generate_private_key("ssh-rsa", comment=owner, key_size=BITS)
