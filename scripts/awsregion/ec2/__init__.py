"""EC2 for hybrid multicast: state, rules and AWS's error codes, free of any server or emulator.

An action is a function of the state (`Ec2`) and what was given, in the shape of the EC2 API's input; its answer has the
shape of the API's output. `actions` has the table of them; `awsregion.wire` puts them on the wire.
"""
