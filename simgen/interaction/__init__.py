"""Cross sections of ν-e scattering: models, couplings, kinematics, shapes."""
