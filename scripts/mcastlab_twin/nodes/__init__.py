"""What lives in the fabric's namespaces: Linux instances and devices, virtual routers, and how they are reached."""
