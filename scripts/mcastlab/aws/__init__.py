"""Adapters to AWS through boto3."""
