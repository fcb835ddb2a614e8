"""AWS::EC2::* in CloudFormation: properties onto EC2's actions, free of any CloudFormation engine.

`table` has a row a resource type; `schemas` checks properties against AWS's published resource schemas.
"""
