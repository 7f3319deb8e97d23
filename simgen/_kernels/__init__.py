"""Compiled code of simgen."""

from simgen._kernels.environment import check_environment

check_environment()
