"""What a lab has left behind in the account and in the far routers, once it should be gone."""
