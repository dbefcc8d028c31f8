"""The verdict by evidence: laws of motion, their evidence, and what they conserve."""
