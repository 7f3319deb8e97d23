from .experiment import (
    build_experiment as build_experiment,
    build_fit as build_fit,
    build_model as build_model,
)
