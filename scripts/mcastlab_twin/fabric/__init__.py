"""The whole fabric: network and services of a region and its remote sites, brought up together and looked at."""
