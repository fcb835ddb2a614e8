"""The twin: a local AWS region and remote sites that serve the interfaces of the real ones.

`awsregion` answers the AWS API and `iosxe` is an IOS-XE command line; this package makes both real in network
namespaces. Rooms, each of which knows those below it alone: `fabric`, `routers`, `services`, `network`, `sandbox`.
"""
