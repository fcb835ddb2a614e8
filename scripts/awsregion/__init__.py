"""A local AWS region on loopback.

`front` answers HTTP: EC2 and Run Command by `core`, which holds the state of `ec2` behind one lock, all other services
by the host that `ministack_host` knows. `cfn` has EC2's resource types as calls of EC2's own actions, `handlers` gives
them to the host's CloudFormation engine, with the `faults` that were asked for. `server` is the process, `standalone`
its life in the background, `keeping` its state in files; `control` and `live` are what the fabric sees of it.
"""
