"""Groups that follow the devices: the AWS router joins what devices want, and leaves what nobody wants any more."""
