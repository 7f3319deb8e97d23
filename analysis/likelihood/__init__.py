"""The likelihood of one data set: profiles, minima, derivatives."""
