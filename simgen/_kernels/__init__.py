"""Compiled code of simgen."""

from simgen._kernels.machine.environment import check_environment

check_environment()
