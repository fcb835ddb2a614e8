"""The twin: a local AWS region and far sites that serve the interfaces of the real ones.

`region` answers the AWS API, `router` is an IOS-XE command line, `fabric` makes both real in network namespaces, and
`daemons` are the programs that carry packets. Nothing outside this package asks which world it talks to.
"""
