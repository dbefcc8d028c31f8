"""Studies of the verdict by evidence: noise, the zoo, systems nobody looked at, calibration."""
