"""The verdict by evidence, measured: noise, the zoo, systems nobody looked at, calibration."""
