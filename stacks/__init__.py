"""The cloud half of a lab as CDK stacks: one stack a file, wiring only; `constructs` holds what they are made of."""
