"""The paper's tables and figures, made again from runs of `configs/experiment/`."""
