"""What remains of a lab in the account and in the remote routers, once it should be gone."""
